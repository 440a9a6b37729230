import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScriptedPort } from './testing.ts';
import type { Ask, Got } from './testing-client.ts';
import {
  answerOf,
  CONSENT,
  META,
  modern,
  MODERN,
  openDoors,
  tool,
  VERSION,
  type Doors,
} from './testing-doors.ts';

let doors: Doors;
let port: ScriptedPort;
beforeEach(async () => {
  doors = await openDoors();
  ({ port } = doors);
});
afterEach(() => doors.close());

const ask = (path: string, message?: object, how?: Ask): Promise<Got> => doors.ask(path, message, how);
const open = (agent?: string): Promise<string> => doors.open(agent);

describe('what is no request for an upstream', () => {
  const ping = { id: 1, method: 'ping' };
  const unknownVersion = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' } };
  test.each<[string, string, object | undefined, Ask, number, object]>([
    ['another path', '/mcps', ping, {}, 404, { code: 'not_found' }],
    ['an unknown upstream', '/mcp/other', ping, {}, 404, { code: 'not_found' }],
    ['a path below it', '/mcp/local/x', ping, {}, 404, { code: 'not_found' }],
    ['no key', '/mcp/local', ping, { headers: { authorization: '' } }, 401, { code: 'unauthenticated' }],
    [
      'another key',
      '/mcp/local',
      ping,
      { headers: { authorization: 'Bearer pep_x' } },
      401,
      { code: 'unauthenticated' },
    ],
    ['another method', '/mcp/local', undefined, { method: 'PUT' }, 405, { code: 'method_not_allowed' }],
    [
      'another type',
      '/mcp/local',
      ping,
      { headers: { 'content-type': 'text/plain' } },
      415,
      { code: 'unsupported_media_type' },
    ],
    [
      'a body too long',
      '/mcp/local',
      undefined,
      { raw: `"${'a'.repeat(1_100_000)}"` },
      413,
      { code: 'too_large' },
    ],
    ['no JSON', '/mcp/local', undefined, { raw: '{"jsonrpc":' }, 400, { error: { code: -32700 } }],
    [
      'a key twice',
      '/mcp/local',
      undefined,
      { raw: '{"jsonrpc":"2.0","id":1,"method":"ping","id":2}' },
      400,
      { error: { code: -32700 } },
    ],
    [
      'a batch',
      '/mcp/local',
      undefined,
      { raw: '[]' },
      400,
      { error: { code: -32600, data: { code: 'batch' } } },
    ],
    [
      'a version to come',
      '/mcp/local',
      { ...ping, params: unknownVersion },
      {},
      400,
      { error: { code: -32022, data: { supported: [MODERN] } } },
    ],
    [
      'no session',
      '/mcp/local',
      { id: 1, method: 'tools/list' },
      {},
      400,
      { error: { data: { code: 'no_session' } } },
    ],
    [
      'a made-up session',
      '/mcp/local',
      { id: 1, method: 'tools/list' },
      { session: 'x' },
      404,
      { error: { data: { code: 'unknown_session' } } },
    ],
    [
      'a method nobody knows',
      '/mcp/local',
      { id: 1, method: 'tools/erase' },
      {},
      200,
      { error: { code: -32601 } },
    ],
  ])('%s', async (_name, path, message, how, status, body) => {
    const got = await ask(path, message, how);
    expect(got.status).toBe(status);
    expect(answerOf(got)).toMatchObject(body);
    expect(port.asked).toHaveLength(0);
  });

  test('in the stateless era headers say what the body says', async () => {
    const [message, headers] = modern(1, 'echo');
    for (const wrong of [
      { 'mcp-name': 'other' },
      { 'mcp-method': 'tools/list' },
      { 'mcp-protocol-version': '2025-11-25' },
      { 'mcp-name': '' },
    ]) {
      const got = await ask('/mcp/local', message, { headers: { ...headers, ...wrong } });
      expect(got.status).toBe(400);
      expect(answerOf(got)).toMatchObject({ id: 1, error: { code: -32020 } });
    }
    for (const method of ['tools/erase', 'initialize', 'resources/subscribe', 'tasks/list']) {
      const unknown = { ...message, method };
      const got = await ask('/mcp/local', unknown, { headers: { ...headers, 'mcp-method': method } });
      expect(got.status).toBe(404);
      expect(answerOf(got)).toMatchObject({ error: { code: -32601 } });
    }
    expect((await ask('/mcp/local', undefined, { method: 'GET', headers })).status).toBe(405);
    expect(port.asked).toHaveLength(0);
  });
});

test('in the stateless era a request says its version and what its client can do', async () => {
  const [message, headers] = modern(1, 'echo');
  for (const meta of [
    {},
    { [VERSION]: MODERN },
    { ...META, 'io.modelcontextprotocol/clientCapabilities': 1 },
  ]) {
    const lacking = { ...message, params: { name: 'echo', _meta: meta } };
    const got = await ask('/mcp/local', lacking, { headers });
    expect(got.status).toBe(400);
    expect(answerOf(got)).toMatchObject({ id: 1, error: { code: -32602 } });
  }
  const future = { ...message, params: { name: 'echo', _meta: { ...META, [VERSION]: '2031-01-01' } } };
  for (const [version, code] of [
    [MODERN, -32020],
    ['2031-01-01', -32022],
  ] as const) {
    const got = await ask('/mcp/local', future, { headers: { ...headers, 'mcp-protocol-version': version } });
    expect(got.status).toBe(400);
    expect(answerOf(got)).toMatchObject({ id: 1, error: { code } });
  }
  expect(port.asked).toHaveLength(0);
});

describe('sessions', () => {
  test('belong to the agent that opened them', async () => {
    const session = await open('agt_a');
    const how = { agent: 'agt_b', session };
    expect((await ask('/mcp/local', tool(1, 'echo'), how)).status).toBe(404);
    expect((await ask('/mcp/local', { method: 'notifications/initialized' }, how)).status).toBe(404);
    expect((await ask('/mcp/local', undefined, { ...how, method: 'GET' })).status).toBe(404);
    expect((await ask('/mcp/local', undefined, { ...how, method: 'DELETE' })).status).toBe(404);
    expect((await ask('/mcp/local', tool(1, 'echo', { a: 1 }), { session })).status).toBe(200);
    expect((await ask('/mcp/local', undefined, { session, method: 'DELETE' })).status).toBe(200);
    expect((await ask('/mcp/local', tool(2, 'echo'), { session })).status).toBe(404);
  });

  test('a suspended agent says and hears nothing', async () => {
    const session = await open();
    doors.suspended.add('agt_a');
    for (const [message, method] of [
      [{ method: 'notifications/initialized' }, 'POST'],
      [{ id: 'ask-1', result: {} }, 'POST'],
      [{ id: 1, method: 'ping' }, 'POST'],
      [undefined, 'GET'],
      [undefined, 'DELETE'],
    ] as const) {
      expect((await ask('/mcp/local', message, { session, method })).status).toBe(403);
    }
  });

  test('are so many, and the longest rested gives way', async () => {
    const first = await open();
    for (let n = 0; n < 16; n++) await open();
    expect((await ask('/mcp/local', tool(1, 'echo'), { session: first })).status).toBe(404);
  });
});

test('clients that choose the same ids and tokens each get their own', async () => {
  const calls = Array.from({ length: 8 }, (_, client) => {
    const [message, headers] = modern(1, 'progress', { client }, { progressToken: 'same' });
    return ask('/mcp/local', message, { headers, agent: client % 2 === 0 ? 'agt_a' : 'agt_b' });
  });
  for (const [client, got] of (await Promise.all(calls)).entries()) {
    const said = JSON.stringify({ client });
    expect(got.messages).toMatchObject([
      { method: 'notifications/progress', params: { progressToken: 'same', message: said } },
      { id: 1, result: { content: [{ text: said }] } },
    ]);
  }
});

test('a server’s own request reaches its client, and only what it asked for is answered', async () => {
  const session = await open();
  const asked = Promise.withResolvers<Record<string, unknown>>();
  const stream = ask('/mcp/local', undefined, {
    session,
    method: 'GET',
    on: (message) => {
      asked.resolve(message);
      return true;
    },
  });
  const answered = ask('/mcp/local', tool(7, 'ask'), { session });
  const { id } = await asked.promise;
  await ask('/mcp/local', { id: 'never-asked', result: { roots: ['evil'] } }, { session });
  expect((await ask('/mcp/local', { id, result: { roots: [] } }, { session })).status).toBe(202);
  expect(answerOf(await answered)).toMatchObject({
    id: 7,
    result: { content: [{ text: 'told {"roots":[]}' }] },
  });
  await stream;
});

test('who opens no stream is asked where it waits for its answer', async () => {
  const session = await open();
  const got = await ask('/mcp/local', tool(7, 'ask'), {
    session,
    on: ({ id, method }) => {
      if (method === 'roots/list') void ask('/mcp/local', { id, result: { roots: ['r'] } }, { session });
    },
  });
  expect(got.messages).toMatchObject([
    { method: 'roots/list' },
    { id: 7, result: { content: [{ text: 'told {"roots":["r"]}' }] } },
  ]);
});

describe('a held call', () => {
  beforeEach(() => port.stepUp.add('echo'));

  test('tells its progress, runs once when approved, and is reported', async () => {
    const session = await open();
    const held = ask('/mcp/local', tool(1, 'echo', { a: 1 }, { progressToken: 9 }), {
      session,
      on: ({ method }) => {
        if (method === 'notifications/progress') port.answers.at(-1)?.('approved');
      },
    });
    const got = await held;
    expect(got.messages[0]).toMatchObject({ method: 'notifications/progress', params: { progressToken: 9 } });
    expect(answerOf(got)).toMatchObject({ id: 1, result: { content: [{ text: '{"a":1}' }] } });
    expect(port.reports).toEqual([['clm_1', 'approved-executed']]);
  });

  test.each(['denied', 'expired', 'cancelled', 'failed'] as const)(
    '%s: not run, and says so',
    async (status) => {
      const session = await open();
      const held = ask('/mcp/local', tool(1, 'echo'), { session });
      await expect.poll(() => port.answers.length).toBe(1);
      port.answers[0]?.(status);
      expect(answerOf(await held)).toMatchObject({
        result: { isError: true, _meta: { [CONSENT]: { request_id: 'arq_1', status } } },
      });
      expect(port.reports).toEqual([]);
    },
  );

  test('ends when its caller cancels or leaves; then nothing runs', async () => {
    const session = await open();
    const cancelled = ask('/mcp/local', tool(1, 'echo', {}, { progressToken: 1 }), { session, on: () => {} });
    await expect.poll(() => port.answers.length).toBe(1);
    await ask('/mcp/local', { method: 'notifications/cancelled', params: { requestId: 1 } }, { session });
    const { status, messages } = await cancelled;
    // The progress of its hold, and no response: MCP 2025-11-25 §"Cancellation".
    expect([status, messages.map(({ method }) => method)]).toEqual([200, ['notifications/progress']]);
    await ask('/mcp/local', tool(2, 'echo', {}, { progressToken: 2 }), { session, on: () => true });
    await expect.poll(() => port.givenUp).toBe(2);
    port.answers[1]?.('approved');
    await new Promise((later) => setTimeout(later, 50));
    expect(port.asked.filter(({ context }) => context?.['approval'] !== undefined)).toEqual([]);
  });

  test('is answered as pending when the server drains', async () => {
    const session = await open();
    const held = ask('/mcp/local', tool(1, 'echo'), { session });
    await expect.poll(() => port.answers.length).toBe(1);
    doors.drain();
    expect(answerOf(await held)).toMatchObject({ result: { _meta: { [CONSENT]: { status: 'pending' } } } });
  });
});

test('a server that dies under a claimed call: outcome unknown, said and reported', async () => {
  port.stepUp.add('die');
  const session = await open();
  const held = ask('/mcp/local', tool(1, 'die'), { session });
  await expect.poll(() => port.answers.length).toBe(1);
  port.answers[0]?.('approved');
  expect(answerOf(await held)).toMatchObject({
    result: { isError: true, _meta: { [CONSENT]: { status: 'outcome-unknown' } } },
  });
  expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
  expect((await ask('/mcp/local', tool(2, 'echo'), { session })).status).toBe(404);
});

describe('a read fetched early', () => {
  test.each(['/mcp/local', '/mcp/remote'])('%s: is released once its permit is recorded', async (path) => {
    port.early = 'recorded';
    const [message, headers] = modern(1, 'echo', { a: 1 });
    expect(answerOf(await ask(path, message, { headers }))).toMatchObject({
      id: 1,
      result: { content: expect.anything() as unknown },
    });
  });

  test.each(['/mcp/local', '/mcp/remote'])('%s: is thrown away when that fails', async (path) => {
    port.early = 'unrecorded';
    const [message, headers] = modern(1, 'echo', { a: 1 });
    const got = await ask(path, message, { headers });
    expect(answerOf(got)).toMatchObject({
      error: { code: -32603, data: { [CONSENT]: { status: 'unavailable' } } },
    });
    expect(got.messages).toHaveLength(1);
  });
});
