import type { JsonObject } from '@countersign/core';
import { expect, test } from 'vitest';
import { Database } from '../../stores/sqlite/database.ts';
import { SqliteParkedCalls } from '../../stores/sqlite/parked-calls.ts';
import { ScriptedPort, task } from '../testing.ts';
import { ToolDefinitions } from '../tool-definitions.ts';
import type { ParkedCall } from '../port.ts';
import type { HttpUpstream } from '../upstream.ts';
import { ParkedCalls } from './parked-calls.ts';

const MESSAGE: JsonObject = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'write', arguments: {} },
};
const DONE: JsonObject = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'done' }] } };

/** A port whose requests are approved already. */
class ApprovingPort extends ScriptedPort {
  override wait(): ReturnType<ScriptedPort['wait']> {
    return Promise.resolve(task('approved'));
  }
}

/** One approved call, and an upstream that stops where a test wants it to. */
async function opened(stop: 'listing' | 'running' | 'nowhere', answer: JsonObject = DONE) {
  const store = new SqliteParkedCalls(new Database(':memory:'), 't');
  const port = new ApprovingPort();
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const pause = async (where: typeof stop): Promise<void> => {
    if (where !== stop) return;
    reached.resolve();
    await go.promise;
  };
  const tools = new ToolDefinitions();
  const tool = { name: 'write', inputSchema: { type: 'object' } };
  const list = async (): Promise<JsonObject> => ({ tools: [tool] });
  const digest = (await tools.find('write', 'fresh', list))?.digest ?? '';
  let sent = 0;
  const upstream = {
    detached: async () => ({
      tools,
      async listTools() {
        await pause('listing');
        return await list();
      },
      async exchange(_request: unknown, claim: { answered(message: JsonObject): Promise<void> } | undefined) {
        sent++;
        await pause('running');
        await claim?.answered(answer);
        return answer;
      },
    }),
  } as unknown as HttpUpstream;
  const parked = new ParkedCalls({
    store,
    issuer: 'cs.example',
    port: async () => port,
    upstream: () => upstream,
    clock: () => 1000,
    complain: () => {},
  });
  await store.park(
    {
      id: 'tsk_1',
      agent: 'agt_1',
      upstream: 'files',
      request: 'arq_1',
      message: MESSAGE,
      tool_digest: digest,
      created_at: 1000,
      expires_at: 10_000,
    },
    10,
  );
  return { parked, port, reached: reached.promise, go: go.resolve, sent: () => sent };
}

test.each(['listing', 'running'] as const)(
  'looking for what an earlier process left leaves alone what this one has under way: %s',
  async (stop) => {
    const { parked, port, reached, go, sent } = await opened(stop);
    parked.requestEnded('arq_1');
    await reached;
    await parked.start();
    go();
    await parked.close();
    expect(await parked.find({ agentId: 'agt_1' }, 'tsk_1')).toMatchObject({
      state: 'ended',
      answer: { result: { content: [{ text: 'done' }, { text: expect.stringContaining('ran once') }] } },
    });
    expect(sent()).toBe(1);
    expect(port.reports).toEqual([['clm_1', 'approved-executed']]);
  },
);

test.each<[string, JsonObject, string, string]>([
  [
    'an answer that is too long',
    { content: [{ type: 'text', text: 'x'.repeat(9 * 1024 * 1024) }] },
    'to be kept',
    'approved-executed',
  ],
  ['an answer nested deeper than the stack', { content: nested(100_000) }, 'to be kept', 'approved-executed'],
  [
    'a question nested deeper than the stack',
    { resultType: 'input_required', inputRequests: nested(100_000) },
    'unknown whether this ran',
    'outcome-unknown',
  ],
])('%s is not kept, and the call has ended all the same', async (_what, result, said, disposition) => {
  const { parked, port, sent } = await opened('nowhere', { jsonrpc: '2.0', id: 1, result });
  const ended = new Promise<ParkedCall>((told) => parked.subscribe(told));
  parked.requestEnded('arq_1');
  const { state, answer } = await ended;
  await parked.close();
  expect(state).toBe('ended');
  expect(answer?.['result']).toMatchObject({ content: [{ text: expect.stringContaining(said) }] });
  expect(port.reports).toEqual([['clm_1', disposition]]);
  expect(sent()).toBe(1);
});

function nested(depth: number): JsonObject[string] {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as JsonObject[string];
}
