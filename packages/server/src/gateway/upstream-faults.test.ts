import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultyServer, type Hanging } from './testing-faulty-server.ts';
import type { ScriptedPort } from './testing.ts';
import type { Ask, Got } from './testing-client.ts';
import { answerOf, CONSENT, META, modern, MODERN, openDoors, tool, type Doors } from './testing-doors.ts';

let doors: Doors;
let port: ScriptedPort;
let hanging: Hanging;
beforeEach(async () => {
  hanging = { open: new Set() };
  doors = await openDoors({}, undefined, (received) => faultyServer(received, hanging));
  ({ port } = doors);
});
afterEach(() => doors.close());

const ask = (path: string, message?: object, how?: Ask): Promise<Got> => doors.ask(path, message, how);
const call = (id: number, name: string, path = '/mcp/local', how: Ask = {}): Promise<Got> => {
  const [message, headers] = modern(id, name);
  return ask(path, message, { headers, ...how });
};
const AWAY = {
  error: {
    code: -32603,
    message: expect.stringMatching(/^NOT RUN\. The MCP server is away/) as unknown,
    data: { [CONSENT]: { status: 'upstream_unavailable', retry_after: 1 } },
  },
};

describe('a server that we start and that dies', () => {
  test('rests before it is started again; who calls meanwhile is told so at once', async () => {
    expect(answerOf(await call(1, 'die'))).toMatchObject({
      result: { isError: true, _meta: { [CONSENT]: { status: 'outcome-unknown' } } },
    });
    expect(answerOf(await call(2, 'echo'))).toMatchObject(AWAY);
    const initialize = { id: 3, method: 'initialize', params: { protocolVersion: '2025-11-25' } };
    expect(answerOf(await ask('/mcp/local', initialize))).toMatchObject(AWAY);
    // Another agent's is another server.
    const [other, headers] = modern(4, 'echo');
    expect(answerOf(await ask('/mcp/local', other, { headers, agent: 'agt_b' }))).toHaveProperty('result');
    await expect.poll(async () => answerOf(await call(5, 'echo'))).toHaveProperty('result');
    expect(doors.complaints).toEqual([
      'the mcp server of agt_a is gone: it ended with exit code 1; it is taken up again in 0.25 s at the earliest',
    ]);
  });

  test('while a call waits for people: nothing is claimed', async () => {
    port.stepUp.add('echo');
    const held = call(1, 'echo');
    await expect.poll(() => port.answers.length).toBe(1);
    await call(2, 'die');
    port.answers[0]?.('approved');
    expect(answerOf(await held)).toMatchObject(AWAY);
    expect(port.asked.filter(({ context }) => context?.['approval'] !== undefined)).toEqual([]);
    expect(port.reports).toEqual([]);
  });
});

/** Makes a call that needs consent, and gives it. */
async function consented(name: string, how: Ask = {}): Promise<Got> {
  port.stepUp.add(name);
  const asked = port.answers.length;
  const held = call(1, name, '/mcp/remote', how);
  await expect.poll(() => port.answers.length).toBe(asked + 1);
  port.answers[asked]?.('approved');
  return await held;
}

const sent = (name: string): number =>
  doors.received.filter(({ body }) => (body['params'] as { name?: string } | undefined)?.name === name)
    .length;

describe('an upstream at a URL', () => {
  test('that resets the connection has perhaps run it: said, reported once, never sent again', async () => {
    expect(answerOf(await consented('reset'))).toMatchObject({
      id: 1,
      result: { isError: true, _meta: { [CONSENT]: { status: 'outcome-unknown' } } },
    });
    expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
    expect(sent('reset')).toBe(1);
  });

  test.each(['half', 'half_stream'])('that breaks off its answer, too: %s', async (name) => {
    // Whoever has half an answer hears no other; the connection breaks off.
    await consented(name).catch(() => undefined);
    await expect.poll(() => port.reports).toEqual([['clm_1', 'outcome-unknown']]);
    expect(sent(name)).toBe(1);
  });

  test('that cannot be connected to has not run it: said, and reported as not executed', async () => {
    port.stepUp.add('greet');
    const params = { name: 'greet', _meta: META };
    const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'prompts/get', 'mcp-name': 'greet' };
    const held = ask('/mcp/remote', { id: 1, method: 'prompts/get', params }, { headers });
    await expect.poll(() => port.answers.length).toBe(1);
    await doors.closeRemote();
    port.answers[0]?.('approved');
    expect(answerOf(await held)).toMatchObject({
      error: {
        code: -32603,
        message: expect.stringContaining('NOT RUN. The MCP server is away: it cannot be reached') as unknown,
        data: { [CONSENT]: { status: 'upstream_unavailable' } },
      },
    });
    expect(port.reports).toEqual([['clm_1', 'denied-not-executed']]);
  });

  test('that refuses our credential has not run it, and its challenge goes no further', async () => {
    const got = await consented('guarded');
    expect(answerOf(got)).toMatchObject({
      error: { code: -32603, data: { [CONSENT]: { status: 'upstream_unavailable' } } },
    });
    expect(got.headers).not.toHaveProperty('www-authenticate');
    expect(port.reports).toEqual([['clm_1', 'denied-not-executed']]);
    expect(sent('guarded')).toBe(1);
    expect(doors.complaints).toEqual([
      'the mcp server refuses our credential: give it another in the config',
    ]);
  });

  test('that is away is told of once, however often it is called', async () => {
    await doors.closeRemote();
    for (let id = 1; id <= 3; id++) {
      expect(answerOf(await call(id, 'fine', '/mcp/remote'))).toMatchObject({ error: { code: -32603 } });
    }
    expect(doors.complaints).toEqual(['the mcp server cannot be reached: ECONNREFUSED']);
  });

  test.each(['hang', 'hang_stream'])(
    'that never answers is let go when its caller leaves: %s',
    async (name) => {
      const gone = Promise.withResolvers<void>();
      const left = call(1, name, '/mcp/remote', { signal: gone.promise });
      await expect.poll(() => hanging.open.size).toBe(1);
      gone.resolve();
      await left.catch(() => undefined);
      await expect.poll(() => hanging.open.size).toBe(0);
    },
  );

  test('that never answers hears of a cancellation in the older era', async () => {
    const session = await doors.open('agt_a', '/mcp/remote');
    const gone = Promise.withResolvers<void>();
    const left = ask('/mcp/remote', tool(7, 'hang'), { session, signal: gone.promise });
    await expect.poll(() => hanging.open.size).toBe(1);
    const params = { requestId: 7, reason: 'enough' };
    await ask('/mcp/remote', { method: 'notifications/cancelled', params }, { session });
    await expect.poll(() => doors.received.at(-1)?.body).toMatchObject({ params });
    gone.resolve();
    await left.catch(() => undefined);
  });
});
