import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScriptedPort } from './testing.ts';
import type { Got } from './testing-client.ts';
import { answerOf, CONSENT, modern, openDoors, tool, type Doors } from './testing-doors.ts';
import { faultyServer, type Hanging } from './testing-faulty-server.ts';

const TIMEOUT_MS = 500;
const UNKNOWN = { result: { isError: true, _meta: { [CONSENT]: { status: 'outcome-unknown' } } } };

let doors: Doors;
let port: ScriptedPort;
let hanging: Hanging;
beforeEach(async () => {
  hanging = { open: new Set() };
  doors = await openDoors({}, undefined, (received) => faultyServer(received, hanging), TIMEOUT_MS);
  ({ port } = doors);
});
afterEach(() => doors.close());

const inSession = (path: string, session: string, id: number, name: string): Promise<Got> =>
  doors.ask(path, tool(id, name, {}, { progressToken: id }), { session });
const stateless = (path: string, id: number, name: string): Promise<Got> => {
  const [message, headers] = modern(id, name);
  return doors.ask(path, message, { headers });
};
const complained = (what: string): string =>
  `the mcp server took longer than 0.5 s for ${what}: it was cancelled`;

describe('a call that takes longer than it may is of unknown outcome', () => {
  test('2025-11-25, a server that we start; the session goes on', async () => {
    const session = await doors.open();
    const got = await inSession('/mcp/local', session, 1, 'sleep');
    expect(answerOf(got)).toMatchObject({ id: 1, ...UNKNOWN });
    // Its progress gave it no more time.
    expect(got.messages[0]).toMatchObject({ method: 'notifications/progress' });
    expect(doors.complaints).toEqual([complained('tools/call')]);
    expect(answerOf(await inSession('/mcp/local', session, 2, 'echo'))).toHaveProperty('result.content');
  });

  test('2026-07-28, a server that we start', async () => {
    expect(answerOf(await stateless('/mcp/local', 1, 'sleep'))).toMatchObject({ id: 1, ...UNKNOWN });
    expect(answerOf(await stateless('/mcp/local', 2, 'echo'))).toHaveProperty('result.content');
  });

  test.each(['hang', 'hang_stream'])('2025-11-25, a server at a url, which is told: %s', async (name) => {
    const session = await doors.open('agt_a', '/mcp/remote');
    const got = await inSession('/mcp/remote', session, 7, name);
    expect(answerOf(got)).toMatchObject({ id: 7, ...UNKNOWN });
    await expect.poll(() => hanging.open.size).toBe(0);
    await expect
      .poll(() => doors.received.at(-1)?.body)
      .toMatchObject({ method: 'notifications/cancelled', params: { requestId: 7 } });
  });

  test.each(['hang', 'hang_stream'])(
    '2026-07-28, a server at a url, whose stream closes: %s',
    async (name) => {
      expect(answerOf(await stateless('/mcp/remote', 1, name))).toMatchObject({ id: 1, ...UNKNOWN });
      await expect.poll(() => hanging.open.size).toBe(0);
      expect(doors.received.at(-1)?.body).toMatchObject({ method: 'tools/call' });
    },
  );

  test.each([
    ['/mcp/local', 'sleep'],
    ['/mcp/remote', 'hang'],
  ])('one that was consented to is recorded so, once: %s', async (path, name) => {
    port.stepUp.add(name);
    const session = await doors.open('agt_a', path);
    const held = inSession(path, session, 1, name);
    await expect.poll(() => port.answers).toHaveLength(1);
    // What people take is no time of the server's.
    await new Promise((later) => setTimeout(later, 2 * TIMEOUT_MS));
    port.answers[0]?.('approved');
    expect(answerOf(await held)).toMatchObject(UNKNOWN);
    expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
  });

  test.each(['legacy', 'modern'])('not where its answer was passed on: its stream ends, %s', async (era) => {
    port.stepUp.add('answered_stream');
    const session = era === 'legacy' ? await doors.open('agt_a', '/mcp/remote') : '';
    const asked =
      era === 'legacy'
        ? inSession('/mcp/remote', session, 1, 'answered_stream')
        : stateless('/mcp/remote', 1, 'answered_stream');
    await expect.poll(() => port.answers).toHaveLength(1);
    port.answers[0]?.('approved');
    const answers = (await asked).messages.filter(({ id }) => id === 1);
    expect(answers).toEqual([expect.objectContaining({ result: expect.objectContaining({ content: [] }) })]);
    expect(port.reports).toEqual([['clm_1', 'approved-executed']]);
  });

  test('at the address of all, too', async () => {
    const [message, headers] = modern(1, 'local__sleep');
    expect(answerOf(await doors.ask('/mcp', message, { headers }))).toMatchObject(UNKNOWN);
  });
});
