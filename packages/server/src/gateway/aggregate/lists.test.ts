import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { oneList, pageOf } from './lists.ts';
import { NAMES, TASK_IDS, URIS } from './names.ts';

const UPSTREAMS = ['a', 'b-1', 'tsk'];

function list(
  params: JsonObject = {},
  era: 'legacy' | 'modern' = 'legacy',
  method = 'tools/list',
): McpRequest {
  return { kind: 'request', id: 7, method, params, era, value: { jsonrpc: '2.0', id: 7, method, params } };
}

function part(upstream: string, result: string) {
  return { upstream, answer: Buffer.from(`{"jsonrpc":"2.0","id":"x","result":${result}}`) };
}

test('elements stand as they stood, under names of ours', () => {
  const parts = [
    part(
      'a',
      '{"tools":[{"name":"x","big":12345678901234567890 },{"n":1,"name":"\\u0078y"}],"nextCursor":"c"}',
    ),
    part('b-1', '{"tools":[]}'),
    part('tsk', '{"tools":[{"name":"x"}]}'),
  ];
  const text = oneList(list(), parts, []).toString();
  expect(text).toContain(
    '"tools":[{"name":"a__x","big":12345678901234567890 },{"n":1,"name":"a__\\u0078y"},{"name":"tsk__x"}]',
  );
  const { result, id } = JSON.parse(text) as { result: JsonObject; id: number };
  expect(id).toBe(7);
  // The next page is asked of those that have more, with their own cursors.
  const next = pageOf(list({ cursor: result['nextCursor'] ?? null }), UPSTREAMS);
  expect([...next].map(([name, { params }]) => [name, params])).toEqual([['a', { cursor: 'c' }]]);
});

test('in the stateless era a list is private, and as fresh as its stalest part', () => {
  const parts = [
    part('a', '{"tools":[],"ttlMs":9}'),
    part('tsk', '{"tools":[],"ttlMs":5,"cacheScope":"public"}'),
  ];
  expect(JSON.parse(oneList(list({}, 'modern'), parts, ['b-1']).toString())).toMatchObject({
    result: {
      resultType: 'complete',
      ttlMs: 5,
      cacheScope: 'private',
      _meta: { 'io.countersign/away': ['b-1'] },
    },
  });
});

test('tasks of ours keep their names', () => {
  const parts = [part('tsk', '{"tasks":[{"taskId":"tsk_1"},{"taskId":"1"}]}')];
  const text = oneList(list({}, 'legacy', 'tasks/list'), parts, []).toString();
  expect(text).toContain('[{"taskId":"tsk_1"},{"taskId":"tsk.1"}]');
});

const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test.each([
  7,
  '',
  'none',
  cursor([]),
  cursor({}),
  cursor([['a']]),
  cursor([['a', 1]]),
  cursor([['unknown', 'c']]),
  cursor([
    ['a', 'c'],
    ['a', 'd'],
  ]),
  cursor(['ab']),
  cursor(null),
])('the cursor %j is none of ours', (made) => {
  expect(() => pageOf(list({ cursor: made }), UPSTREAMS)).toThrow('none of ours');
});

test('a name has one reading, whatever it is at its upstream', () => {
  const upstream = fc.stringMatching(/^[a-z0-9-]{1,16}$/);
  fc.assert(
    fc.property(upstream, fc.string({ unit: 'binary', minLength: 1 }), (name, own) => {
      for (const naming of [NAMES, URIS, TASK_IDS])
        expect(naming.read(naming.prefix(name) + own)).toEqual({ upstream: name, name: own });
      expect(TASK_IDS.prefix(name)).not.toMatch(/^tsk_/);
      expect(new URL(`${URIS.prefix(name)}file:///x`).protocol).toBe(`mcp+${name}+file:`);
    }),
  );
});
