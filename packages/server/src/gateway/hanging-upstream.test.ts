import { toolDefinitionDigest } from '@countersign/core';
import { expect, test } from 'vitest';
import { Database } from '../stores/sqlite/database.ts';
import { SqliteParkedCalls } from '../stores/sqlite/parked-calls.ts';
import { createHttpGateway } from './http-door.ts';
import { ScriptedPort, task } from './testing.ts';
import { META } from './testing-doors.ts';
import { faultyServer, type Hanging } from './testing-faulty-server.ts';

class ApprovingPort extends ScriptedPort {
  override wait(): ReturnType<ScriptedPort['wait']> {
    return Promise.resolve(task('approved'));
  }
}

test('a parked call whose server never answers keeps nobody from stopping, and is of unknown outcome', async () => {
  const hanging: Hanging = { open: new Set() };
  const server = faultyServer([], hanging);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port: number } = server.address() as { port: number };
  const store = new SqliteParkedCalls(new Database(':memory:'), 't');
  const port = new ApprovingPort();
  const gateway = createHttpGateway({
    store,
    port: async () => port,
    clock: Date.now,
    upstreams: [
      {
        name: 'faulty',
        kind: 'http',
        url: `http://127.0.0.1:${number}/mcp`,
        headers: {},
        when_pending: ['task'],
      },
    ],
    issuer: 'cs.example',
    holdMs: 0,
    identify: async () => undefined,
    complain: () => {},
    overheard: () => {},
  });
  const params = { name: 'hang', arguments: {}, _meta: META };
  await store.park(
    {
      id: 'tsk_1',
      agent: 'agt_a',
      upstream: 'faulty',
      request: 'arq_1',
      message: { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
      tool_digest: toolDefinitionDigest({ name: 'hang', inputSchema: { type: 'object' } }),
      created_at: Date.now(),
      expires_at: Date.now() + 60_000,
    },
    10,
  );
  await gateway.start();
  await expect.poll(() => hanging.open.size).toBe(1);
  await gateway.close();
  expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
  expect(await store.find('tsk_1', 'agt_a', Date.now())).toMatchObject({ state: 'ended' });
  server.closeAllConnections();
  server.close();
});
