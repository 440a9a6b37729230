import type { JsonObject } from '@countersign/core';
import { expect, test } from 'vitest';
import { Database } from '../../stores/sqlite/database.ts';
import { SqliteParkedCalls } from '../../stores/sqlite/parked-calls.ts';
import { ScriptedPort, task } from '../testing.ts';
import { standingOf } from '../standing.ts';
import { ToolDefinitions } from '../tool-definitions.ts';
import type { ParkedCall } from '../port.ts';
import type { HttpUpstream } from '../upstream.ts';
import { RunningClaim } from '../claim.ts';
import { ParkedCalls } from './parked-calls.ts';
import { requestOf } from './parked-request.ts';
import { SessionTasks, type TaskSession } from './session-tasks.ts';

const MESSAGE: JsonObject = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'write', arguments: {} },
};
const DONE: JsonObject = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'done' }] } };

/** A port whose requests have ended already. */
class ApprovingPort extends ScriptedPort {
  status: 'approved' | 'denied' | 'expired' | 'cancelled' | 'failed' = 'approved';

  override wait(): ReturnType<ScriptedPort['wait']> {
    return Promise.resolve(task(this.status));
  }
}

/** One approved call, and an upstream that stops where a test wants it to. */
async function opened(
  stop: 'listing' | 'running' | 'nowhere',
  {
    answer = DONE,
    inputSchema = { type: 'object' },
    shared = new SqliteParkedCalls(new Database(':memory:'), 't'),
  }: { answer?: JsonObject; inputSchema?: JsonObject; shared?: SqliteParkedCalls } = {},
) {
  const store = shared;
  const port = new ApprovingPort();
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const pause = async (where: typeof stop): Promise<void> => {
    if (where !== stop) return;
    reached.resolve();
    await go.promise;
  };
  const tools = new ToolDefinitions();
  const tool = { name: 'write', inputSchema };
  const list = async (): Promise<JsonObject> => ({ tools: [tool] });
  const digest = (await tools.find('write', 'fresh', list))?.digest ?? '';
  let sent = 0;
  let now = 1000;
  const standings: string[] = [];
  const upstream = {
    detached: async (standing: string) => (
      standings.push(standing),
      {
        tools,
        close: async () => {},
        async listTools() {
          await pause('listing');
          return await list();
        },
        async exchange(
          _request: unknown,
          claim: { answered(message: JsonObject): Promise<void> } | undefined,
        ) {
          sent++;
          await pause('running');
          await claim?.answered(answer);
          return answer;
        },
      }
    ),
  } as unknown as HttpUpstream;
  const parked = new ParkedCalls({
    store,
    issuer: 'cs.example',
    port: async () => port,
    upstream: () => upstream,
    clock: () => now,
    complain: () => {},
  });
  // A second process finds it there.
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
  return {
    parked,
    store,
    port,
    standings,
    digest,
    at: (time: number) => void (now = time),
    reached: reached.promise,
    go: go.resolve,
    sent: () => sent,
  };
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

test('a declared mapping that fails at the claim is told as what it is, and the call does not run', async () => {
  const resource = { type: 'file', id: '$params.arguments.path' };
  const mapping = { evaluation: { subject: { type: 'identity', id: '$token.sub' }, resource } };
  const { parked, sent } = await opened('nowhere', {
    inputSchema: { type: 'object', 'x-authzen-mapping': mapping },
  });
  parked.requestEnded('arq_1');
  await expect.poll(async () => (await parked.find({ agentId: 'agt_1' }, 'tsk_1'))?.state).toBe('ended');
  expect(sent()).toBe(0);
  expect(await parked.find({ agentId: 'agt_1' }, 'tsk_1')).toMatchObject({
    state: 'ended',
    answer: {
      result: {
        isError: true,
        content: [{ text: expect.stringMatching(/^The tool was not run\. .*mapping/) }],
        _meta: { 'io.countersign/consent': { status: 'unmappable' } },
      },
    },
  });
});

test('SEP-2848: one claim executes, however many try', async () => {
  const { parked, store, sent, port } = await opened('nowhere');
  // Told many times, by people, by timers, and by another process on the same store.
  const other = await opened('nowhere', { shared: store });
  for (let time = 0; time < 20; time++) for (const each of [parked, other.parked]) each.requestEnded('arq_1');
  await expect.poll(async () => (await parked.find({ agentId: 'agt_1' }, 'tsk_1'))?.state).toBe('ended');
  await Promise.all([parked.close(), other.parked.close()]);
  expect(sent() + other.sent()).toBe(1);
  expect([...port.reports, ...other.port.reports]).toEqual([['clm_1', 'approved-executed']]);
});

test.each(['approved', 'expired'] as const)(
  'SEP-2848: cancellation and expiry race the claim; %s against cancelled, in every order',
  async (status) => {
    const won: Record<string, number> = {};
    for (let turns = 0; turns < 40; turns++) {
      const { parked, port, sent } = await opened('nowhere');
      port.status = status;
      const call = await parked.find({ agentId: 'agt_1' }, 'tsk_1');
      if (call === undefined) throw new Error('there is no call');
      parked.requestEnded('arq_1');
      for (let turn = 0; turn < turns / 4; turn++) await new Promise((next) => setImmediate(next));
      await parked.cancel(call);
      await expect
        .poll(async () => (await parked.find({ agentId: 'agt_1' }, 'tsk_1'))?.state)
        .toMatch(/ended|cancelled/);
      await parked.close();
      const now = await parked.find({ agentId: 'agt_1' }, 'tsk_1');
      const winner = now?.state === 'cancelled' ? 'cancelled' : status;
      won[winner] = (won[winner] ?? 0) + 1;
      // Whoever won, it is told as it happened: it ran, or it did not and never will.
      expect(sent()).toBe(winner === 'approved' ? 1 : 0);
      expect(JSON.stringify(now?.answer ?? {}).includes('ran once')).toBe(winner === 'approved');
      expect(port.reports).toHaveLength(sent());
    }
    expect(won).toEqual({ [status]: expect.any(Number), cancelled: expect.any(Number) });
  },
);

test('what a server asks and nobody answers ends with its task: its claim is of unknown outcome', async () => {
  const result = { resultType: 'input_required', inputRequests: { who: { method: 'roots/list' } } };
  const { parked, port, at } = await opened('nowhere', { answer: { jsonrpc: '2.0', id: 1, result } });
  parked.requestEnded('arq_1');
  await expect.poll(async () => (await parked.find({ agentId: 'agt_1' }, 'tsk_1'))?.state).toBe('asking');
  at(9_999);
  await parked.prune();
  expect(port.reports).toEqual([]);
  at(10_000);
  await parked.prune();
  expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
  await parked.close();
});

/** A disk that is full once a call was claimed. */
class FullDisk extends SqliteParkedCalls {
  override send(): Promise<boolean> {
    return Promise.reject(new Error('the disk is full'));
  }

  override begin(): ReturnType<SqliteParkedCalls['begin']> {
    return Promise.reject(new Error('the disk is full'));
  }
}

test('a call that cannot be marked as sent is not sent, and the use that was spent on it is reported', async () => {
  const shared = new FullDisk(new Database(':memory:'), 't');
  const { parked, port, sent } = await opened('nowhere', { shared });
  parked.requestEnded('arq_1');
  await expect.poll(() => port.reports).toEqual([['clm_1', 'denied-not-executed']]);
  await parked.close();
  expect(sent()).toBe(0);
});

test('nor is one that is permitted and cannot be kept as a task', async () => {
  const shared = new FullDisk(new Database(':memory:'), 't');
  const { parked, port, sent } = await opened('nowhere', { shared });
  const tasks = new SessionTasks({ parked, upstream: 'files', offered: true });
  const claim = new RunningClaim(port, 'clm_7', () => {});
  const exchange = async (): Promise<JsonObject> => DONE;
  const begun = tasks.begin(
    { agentId: 'agt_1' },
    requestOf(MESSAGE),
    { ours: true, ttlMs: 0 },
    { exchange } as unknown as TaskSession,
    claim,
  );
  await expect(begun).rejects.toThrow('full');
  expect(port.reports).toEqual([['clm_7', 'denied-not-executed']]);
  expect(sent()).toBe(0);
});

test('a call that was made on behalf of one is sent in no session of another', async () => {
  const { parked, store, standings, digest } = await opened('nowhere');
  const people = ['ann', 'ben'].map((sub) => ({ iss: 'https://as.example', sub }));
  for (const [at, delegation] of people.entries()) {
    const call = { agent: 'agt_1', delegation, upstream: 'files', message: MESSAGE, tool_digest: digest };
    const id = `tsk_for_${at}`;
    await store.park({ ...call, id, request: id, created_at: 1000, expires_at: 10_000 }, 10);
    parked.requestEnded(id);
  }
  await expect.poll(() => standings).toHaveLength(2);
  await parked.close();
  expect(standings.toSorted()).toEqual(
    people.map((delegation) => standingOf({ agentId: 'agt_1', delegation })).toSorted(),
  );
});

test.each(['denied', 'expired', 'cancelled', 'failed'] as const)(
  'only what was denied for good says that there is no remedy; %s',
  async (status) => {
    const { parked, port } = await opened('nowhere');
    port.status = status;
    const ended = new Promise<ParkedCall>((told) => parked.subscribe(told));
    parked.requestEnded('arq_1');
    const result = (await ended).answer?.['result'] as JsonObject;
    await parked.close();
    const terminal = { reason: 'insufficient_authorization', remediation: 'unavailable' };
    expect(result['_meta']).toEqual({
      'io.countersign/consent': { request_id: 'arq_1', status },
      ...(status === 'denied' ? { 'io.modelcontextprotocol/authorization': terminal } : {}),
      'io.modelcontextprotocol/tool-approval-disposition': 'denied-not-executed',
    });
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
  const { parked, port, sent } = await opened('nowhere', { answer: { jsonrpc: '2.0', id: 1, result } });
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
