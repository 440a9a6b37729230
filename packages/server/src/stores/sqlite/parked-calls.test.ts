import { expect, test } from 'vitest';
import { Database } from './database.ts';
import { SqliteParkedCalls } from './parked-calls.ts';

const call = (id: string, agent = 'agt_1') => ({
  id,
  agent,
  upstream: 'files',
  request: '',
  message: {},
  tool_digest: '',
  created_at: 0,
  expires_at: 1000,
});

test('calls that nobody was asked about: so many unfinished, and of the ended the latest alone', async () => {
  const store = new SqliteParkedCalls(new Database(':memory:'), 't');
  const most = { unfinished: 2, ended: 3 };
  for (let at = 0; at < 6; at++) {
    expect((await store.begin(call(`tsk_${at}`), most)).kind).toBe('parked');
    await store.end(`tsk_${at}`, {}, at, 0);
  }
  expect((await store.begin(call('tsk_8'), most)).kind).toBe('parked');
  expect((await store.begin(call('tsk_9'), most)).kind).toBe('parked');
  expect((await store.begin(call('tsk_x'), most)).kind).toBe('too_many');
  expect((await store.begin(call('tsk_y', 'agt_2'), most)).kind).toBe('parked');
  const kept = await store.list({ agent: 'agt_1', upstream: 'files' }, '', 10, 0);
  expect(kept.map(({ id }) => id)).toEqual(['tsk_3', 'tsk_4', 'tsk_5', 'tsk_8', 'tsk_9']);
  expect(await store.list({ agent: 'agt_1', upstream: 'files' }, 'tsk_5', 1, 0)).toMatchObject([
    { id: 'tsk_8' },
  ]);
  expect(await store.list({ agent: 'agt_1', upstream: 'else' }, '', 10, 0)).toEqual([]);
  expect(await store.list({ agent: 'agt_1', upstream: 'files' }, '', 10, 1000)).toEqual([]);
});
