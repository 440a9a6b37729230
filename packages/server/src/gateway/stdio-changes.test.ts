import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JsonObject } from '@countersign/core';
import { requestOf } from './made-message.ts';
import { metaOf, SUBSCRIPTION } from './message.ts';
import { StdioChanges } from './stdio-changes.ts';

/** Each is how the authority answers when it is asked: by a name, or by being away. */
let answers: ((version: string | Error) => void)[];
let asked: (string | undefined)[];
let told: JsonObject[];
let ending: AbortController;
let changes: StdioChanges;

beforeEach(() => {
  answers = [];
  asked = [];
  told = [];
  ending = new AbortController();
  changes = new StdioChanges({
    port: {
      foresight: async ({ unlike }) => {
        asked.push(unlike);
        const { promise, resolve, reject } = Promise.withResolvers<string>();
        answers.push((version) => (typeof version === 'string' ? resolve(version) : reject(version)));
        return await promise;
      },
    },
    write: (message) => told.push(message),
    signal: ending.signal,
  });
});
afterEach(() => ending.abort());

const introduce = (listChanged: boolean): void => {
  const result = { capabilities: { tools: { listChanged } } };
  changes.introduced(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result })));
};
const listen = (id: number, toolsListChanged: boolean): void => {
  const method = 'notifications/subscriptions/acknowledged';
  const params = { notifications: { toolsListChanged } };
  changes.heard(requestOf(id, 'subscriptions/listen', {}, 'modern'), { jsonrpc: '2.0', method, params });
};
const answer = async (version: string | Error): Promise<void> => {
  // After a change it is asked again after a while.
  await vi.waitFor(() => expect(answers).not.toHaveLength(0), { timeout: 10_000 });
  answers.shift()?.(version);
  await new Promise((later) => setImmediate(later));
};

test('nobody is asked while nobody would be told', async () => {
  introduce(false);
  listen(1, false);
  await new Promise((later) => setImmediate(later));
  expect(asked).toEqual([]);
});

test('a session is told of each change, and not of the first answer or the same again', async () => {
  introduce(true);
  for (const version of ['one', 'one', 'two', 'two', 'three']) await answer(version);
  const changed = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
  expect(told).toEqual([changed, changed]);
  expect(asked.slice(0, 5)).toEqual([undefined, 'one', 'one', 'two', 'two']);
});

test('each subscription that asked is told, until it ends', async () => {
  listen(1, true);
  listen(2, true);
  listen(3, false);
  await answer('one');
  await answer('two');
  const ids = (): unknown[] => told.map(({ params }) => metaOf(params as JsonObject)[SUBSCRIPTION]);
  expect(ids()).toEqual([1, 2]);
  changes.ended(1);
  await answer('three');
  expect(ids()).toEqual([1, 2, 2]);
});

test('what changed while the authority was away is told when it is back', async () => {
  introduce(true);
  await answer('one');
  await answer(new Error('away'));
  expect(told).toEqual([]);
  // It is asked again after a while.
  await vi.waitFor(() => expect(answers).not.toHaveLength(0), { timeout: 20_000 });
  await answer('two');
  expect(told).toHaveLength(1);
});

test('a door that ends tells nothing more', async () => {
  introduce(true);
  await answer('one');
  ending.abort();
  await answer('two');
  expect([told, asked.length]).toEqual([[], 2]);
});
