import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerOf, META, modern, MODERN, openDoors, tool, type Doors } from '../testing-doors.ts';

let doors: Doors;
beforeEach(async () => {
  doors = await openDoors();
});
afterEach(() => doors.close());

const names = (answer: Record<string, never>): string[] =>
  ((answer['result'] as unknown as { tools: { name: string }[] }).tools ?? []).map(({ name }) => name);

describe('in a session', () => {
  let session: string;
  beforeEach(async () => {
    session = await doors.open('agt_a', '/mcp');
  });

  test('what is asked about is the upstream’s own, whatever address it was called at', async () => {
    const before = doors.port.asked.length;
    await doors.ask('/mcp', tool(1, 'remote__echo', { a: 1 }), { session });
    await doors.ask('/mcp/remote', tool(2, 'echo', { a: 1 }));
    const calls = doors.port.asked.slice(before).filter(({ action }) => action.name === 'tools/call');
    expect(calls).toHaveLength(2);
    expect(calls[0]).toEqual(calls[1]);
    expect(calls[0]?.resource).toEqual({ type: 'tool', id: 'remote/echo' });
  });

  test('progress is told before the answer, and the answer’s bytes are the server’s', async () => {
    const got = await doors.ask('/mcp', tool('x', 'local__progress', {}, { progressToken: 'x' }), {
      session,
    });
    expect(got.messages[0]).toMatchObject({
      method: 'notifications/progress',
      params: { progressToken: 'x', progress: 1 },
    });
    expect(got.messages[1]).toMatchObject({ id: 'x' });
    const remote = await doors.ask('/mcp', tool(1, 'remote__echo'), { session });
    expect(remote.text).toBe('{"jsonrpc":"2.0", "result":{"big":12345678901234567890,"content":[]},"id":1 }');
    expect(remote.headers['mcp-session-id']).toBeUndefined();
  });

  test('a server asks under an id of ours, and no other is answered', async () => {
    let answering: Promise<unknown> = Promise.resolve();
    const got = await doors.ask('/mcp', tool(1, 'local__ask'), {
      session,
      on: (message) => {
        if (message['method'] !== 'roots/list') return;
        const ours = message['id'];
        expect(ours).toMatch(/^local\./);
        const roots = { result: { roots: [] } };
        answering = doors
          .ask('/mcp', { id: 'ask-1', ...roots }, { session })
          .then(() => doors.ask('/mcp', { id: 'remote.1', ...roots }, { session }))
          .then(() => doors.ask('/mcp', { id: ours, result: { roots: ['ours'] } }, { session }))
          .then(() => doors.ask('/mcp', { id: ours, result: { roots: ['twice'] } }, { session }));
      },
    });
    await answering;
    expect(JSON.stringify(answerOf(got))).toContain('ours');
  });

  test('a server that ended is met again by the next call', async () => {
    const got = await doors.ask('/mcp', tool(1, 'local__die'), { session });
    expect(JSON.stringify(answerOf(got))).toContain('unknown whether this ran');
    // It rests before it is started again.
    const again = async () =>
      answerOf(await doors.ask('/mcp', tool(2, 'local__echo', { a: 1 }), { session }));
    expect(await again()).toMatchObject({ id: 2, error: { code: -32603 } });
    await expect
      .poll(again, { timeout: 10_000 })
      .toMatchObject({ id: 2, result: { content: [{ text: '{"a":1}' }] } });
  });

  test('a call that is cancelled is cancelled where it is held', async () => {
    doors.port.stepUp.add('echo');
    const held = doors.ask('/mcp', tool(1, 'local__echo'), { session });
    await expect.poll(() => doors.port.answers.length).toBe(1);
    const params = { requestId: 1 };
    await doors.ask('/mcp', { method: 'notifications/cancelled', params }, { session });
    expect(await held).toMatchObject({ status: 200, messages: [] });
    expect(doors.port.givenUp).toBe(1);
  });

  test('what no server knows how to set is set', async () => {
    const params = { level: 'info' };
    const got = await doors.ask('/mcp', { id: 1, method: 'logging/setLevel', params }, { session });
    expect(answerOf(got)).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    const ping = await doors.ask('/mcp', { id: 2, method: 'ping' }, { session });
    expect(answerOf(ping)).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  });

  test('an upstream that is away is missing in the list, and the log says so', async () => {
    await doors.closeRemote();
    const got = await doors.ask('/mcp', { id: 1, method: 'tools/list' }, { session });
    expect(got.messages[0]).toMatchObject({
      method: 'notifications/message',
      params: { level: 'warning', data: expect.stringContaining('remote') },
    });
    expect(names(answerOf(got))).toContain('local__echo');
    expect(names(answerOf(got)).filter((name) => name.startsWith('remote'))).toEqual([]);
    expect(answerOf(got)['result']).toMatchObject({
      _meta: { 'io.countersign/away': expect.arrayContaining(['remote']) },
    });
  });

  test('a suspended agent is told nothing', async () => {
    doors.suspended.add('agt_a');
    const response = { id: 'local.1', result: {} };
    for (const message of [response, { method: 'notifications/initialized' }, { id: 1, method: 'ping' }])
      expect((await doors.ask('/mcp', message, { session })).status).toBe(403);
    expect((await doors.ask('/mcp', undefined, { session, method: 'GET' })).status).toBe(403);
  });
});

test('in the stateless era a call’s bytes are the server’s own', async () => {
  const [message, headers] = modern(1, 'remote__echo', { to: 'x' });
  const got = await doors.ask('/mcp', message, { headers: { ...headers, 'mcp-param-to': 'x' } });
  expect(got.text).toBe('{"jsonrpc":"2.0", "result":{"big":12345678901234567890,"content":[]},"id":1 }');
  const sent = doors.received.at(-1);
  expect(sent?.headers).toMatchObject({ 'mcp-name': 'echo', 'mcp-param-to': 'x' });
  expect(sent?.body).toMatchObject({ params: { name: 'echo' } });
  // A header that contradicts the body is refused here as it is there.
  const other = await doors.ask('/mcp', message, { headers: { ...headers, 'mcp-name': 'echo' } });
  expect(other.status).toBe(400);
  const lying = await doors.ask('/mcp', message, { headers: { ...headers, 'mcp-param-to': 'y' } });
  expect(lying.status).toBe(400);
});

test('in the stateless era there is no stream to GET, and nothing to end', async () => {
  const headers = { 'mcp-protocol-version': MODERN };
  for (const method of ['GET', 'DELETE'])
    expect((await doors.ask('/mcp', undefined, { method, headers })).status).toBe(405);
  expect((await doors.ask('/mcp', undefined, { method: 'PUT' })).status).toBe(405);
  expect((await doors.ask('/mcp', undefined, { method: 'GET' })).status).toBe(400);
});

test.each(['/mcp/', '/mcp?x=1'])('%s is the same address', async (path) => {
  const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/list' };
  const message = { id: 1, method: 'tools/list', params: { _meta: META } };
  expect(names(answerOf(await doors.ask(path, message, { headers })))).toContain('local__echo');
});

test.each(['/mcp/nowhere', '/mcp/Local', '/mcp/local/x', '/mcp//', '/mcp/%6cocal', '/mcps', '/x'])(
  '%s is no address',
  async (path) => {
    expect((await doors.ask(path, { id: 1, method: 'ping' })).status).toBe(404);
  },
);

test('a cursor that is none of ours is refused', async () => {
  const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/list' };
  const message = { id: 1, method: 'tools/list', params: { cursor: 'x', _meta: META } };
  const got = await doors.ask('/mcp', message, { headers });
  expect(answerOf(got)).toMatchObject({ id: 1, error: { code: -32602, data: { code: 'bad_cursor' } } });
});
