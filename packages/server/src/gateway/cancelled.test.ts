import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConsentPort } from '@countersign/core';
import type { ScriptedPort } from './testing.ts';
import type { Got } from './testing-client.ts';
import { answerOf, openDoors, tool, type Doors } from './testing-doors.ts';

// MCP 2025-11-25 §"Cancellation": who receives one should "Not send a response for the cancelled request".

let doors: Doors;
let port: ScriptedPort;
let session: string;
beforeEach(async () => {
  doors = await openDoors();
  ({ port } = doors);
  session = await doors.open();
});
afterEach(() => doors.close());

const call = (id: number, name: string, headers: Record<string, string> = {}): Promise<Got> =>
  doors.ask('/mcp/local', tool(id, name, {}, { progressToken: id }), { session, headers });
const cancel = (requestId: number): Promise<Got> =>
  doors.ask('/mcp/local', { method: 'notifications/cancelled', params: { requestId } }, { session });
/** The answers among what a stream said before it ended. */
const answers = ({ messages }: Got): unknown[] => messages.filter(({ method }) => method === undefined);
const JSON_ALONE = { accept: 'application/json' };

describe('a call that is held', () => {
  test('ends without a response, and without an effect', async () => {
    port.stepUp.add('echo');
    const held = call(1, 'echo');
    await expect.poll(() => port.answers).toHaveLength(1);
    expect((await cancel(1)).status).toBe(202);
    const got = await held;
    expect([got.status, got.headers['content-type'], answers(got)]).toEqual([200, 'text/event-stream', []]);
    port.answers[0]?.('approved');
    expect(port.reports).toEqual([]);
  });

  test('is told so where its caller takes no stream: HTTP wants a body of JSON then', async () => {
    port.stepUp.add('echo');
    const held = call(1, 'echo', JSON_ALONE);
    await expect.poll(() => port.answers).toHaveLength(1);
    await cancel(1);
    expect(answerOf(await held)).toMatchObject({ result: { isError: true } });
  });
});

describe('a call that runs', () => {
  test('and is never answered ends without a response; its claim ends as unknown, once', async () => {
    port.stepUp.add('sleep');
    const running = call(1, 'sleep');
    await expect.poll(() => port.answers).toHaveLength(1);
    port.answers[0]?.('approved');
    await expect.poll(() => doors.underWay().calls).toBe(1);
    await claimed();
    await cancel(1);
    await call(2, 'die');
    expect(answers(await running)).toEqual([]);
    expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
  });

  test('and is answered all the same: the answer passes, as it would without us', async () => {
    const asked = Promise.withResolvers<unknown>();
    const running = doors.ask('/mcp/local', tool(1, 'ask', {}), {
      session,
      on: ({ method, id }) => {
        if (method === 'roots/list') asked.resolve(id);
      },
    });
    const id = await asked.promise;
    await cancel(1);
    await doors.ask('/mcp/local', { id, result: {} }, { session });
    expect(answers(await running)).toMatchObject([{ id: 1, result: { content: [{ text: 'told {}' }] } }]);
  });
});

test('what is cancelled while it is claimed runs once, and is recorded', async () => {
  port.stepUp.add('echo');
  const claiming = Promise.withResolvers<void>();
  const claim = Promise.withResolvers<void>();
  const evaluate = port.evaluate.bind(port);
  const slow: ConsentPort['evaluate'] = async (question, options) => {
    if (question.context?.['approval'] !== undefined) {
      claiming.resolve();
      await claim.promise;
    }
    return await evaluate(question, options);
  };
  port.evaluate = slow;
  const running = call(1, 'echo');
  await expect.poll(() => port.answers).toHaveLength(1);
  port.answers[0]?.('approved');
  await claiming.promise;
  await cancel(1);
  claim.resolve();
  // It came too late, so the call is answered: both sides "MUST handle these race conditions gracefully".
  expect(answers(await running)).toMatchObject([{ id: 1, result: { content: [{ text: '{}' }] } }]);
  expect(port.reports).toEqual([['clm_1', 'approved-executed']]);
});

async function claimed(): Promise<void> {
  await expect
    .poll(() => port.asked.filter(({ context }) => context?.['approval'] !== undefined))
    .toHaveLength(1);
}
