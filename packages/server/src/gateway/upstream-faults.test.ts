import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScriptedPort } from './testing.ts';
import type { Ask, Got } from './testing-client.ts';
import { answerOf, CONSENT, modern, openDoors, type Doors } from './testing-doors.ts';

let doors: Doors;
let port: ScriptedPort;
beforeEach(async () => {
  doors = await openDoors();
  ({ port } = doors);
});
afterEach(() => doors.close());

const ask = (path: string, message?: object, how?: Ask): Promise<Got> => doors.ask(path, message, how);
const call = (id: number, name: string): Promise<Got> => {
  const [message, headers] = modern(id, name);
  return ask('/mcp/local', message, { headers });
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
      'the mcp server of agt_a is gone: it ended with exit code 1; it is started again in 0.25 s at the earliest',
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
