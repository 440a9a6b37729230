import { expect, test } from 'vitest';
import { MemoryRetryStore } from './retries.ts';

const retry = (request: string, expires_at: number) => ({
  agent: 'agt_1',
  upstream: 'files',
  call_hash: 'h',
  request,
  kept: {},
  expires_at,
});
const OF = { agent: 'agt_1', upstream: 'files', call_hash: 'h' };

test('what a door waits for in memory is bounded: the late go first, then the oldest', async () => {
  let now = 0;
  const store = new MemoryRetryStore(() => now);
  for (let at = 0; at < 600; at++) await store.expect(`late-${at}`, retry('arq_late', 10));
  now = 10;
  for (let at = 0; at < 1500; at++) await store.expect(`n-${at}`, retry(`arq_${at}`, 100));
  expect(store.size).toBe(1000);
  expect(await store.spend('late-599', OF, now)).toBeUndefined();
  expect(await store.spend('n-499', OF, now)).toBeUndefined();
  expect(await store.spend('n-500', OF, now)).toMatchObject({ request: 'arq_500' });
  expect(await store.spend('n-500', OF, now)).toBeUndefined();
});

test('the late are forgotten with the next that is announced', async () => {
  let now = 0;
  const store = new MemoryRetryStore(() => now);
  await store.expect('a', retry('arq_a', 10));
  now = 10;
  await store.expect('b', retry('arq_b', 20));
  expect(store.size).toBe(1);
});
