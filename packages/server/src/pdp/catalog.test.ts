import { expect, test } from 'vitest';
import { readCatalog } from './catalog.ts';
import { filesOf } from './testing.ts';

const UPSTREAMS = [{ name: 'fs', catalog: 'files' }, { name: 'bare' }, { name: 'lost', catalog: 'nowhere' }];

test('knows a tool under every upstream that uses its entry, effects in order, labels once', () => {
  const text = 'tools:\n  put: { effects: [update, create], labels: [b, a, b], outward: true }\n';
  expect([...readCatalog(filesOf({ 'files.yaml': text }), UPSTREAMS)]).toEqual([
    [
      'fs/put',
      { facts: { effects: ['create', 'update'], labels: ['a', 'b'], outward: true, reviewed: true } },
    ],
  ]);
});

test.each([
  [
    'an unknown key of a tool',
    'tools:\n  a:\n    effects: [read]\n    outward: false\n    safe: true',
    5,
    /safe/,
  ],
  ['an unknown key of the file', 'tools: {}\nversion: 1', 2, /version/],
  [
    'an unknown effect',
    'tools:\n  a:\n    outward: false\n    effects:\n      - peek',
    5,
    /tools\.a\.effects\.0/,
  ],
  ['a missing outward', 'tools:\n  a:\n    effects: [read]', 2, /tools\.a\.outward/],
  ['no effects', 'tools:\n  a:\n    outward: false\n    effects: []', 4, /tools\.a\.effects/],
  [
    'a digest of another form',
    'tools:\n  a: { effects: [read], outward: false, definition: abc }',
    2,
    /definition/,
  ],
  ['a label with a space', 'tools:\n  a: { effects: [read], outward: false, labels: [a b] }', 2, /labels/],
  [
    'a key given twice',
    'tools:\n  a: { effects: [read], outward: false }\n  a: { effects: [read], outward: true }',
    3,
    /unique/,
  ],
  ['an alias', 'tools:\n  a: &a { effects: [read], outward: false }\n  b: *a', 3, /alias/],
  ['an unknown tag', 'tools: !secret {}', 1, /tag/i],
  ['a broken file', 'tools: [', 1, /./],
  ['an empty file', '', 1, /./],
])('refuses %s with its line', (_name, text, line, reason) => {
  expect(() => readCatalog(filesOf({ 'files.yaml': text }), UPSTREAMS)).toThrow(
    expect.objectContaining({
      name: 'PolicySetError',
      problems: expect.arrayContaining([{ file: 'files.yaml', line, reason: expect.stringMatching(reason) }]),
    }),
  );
});

test.each<[string, string]>([
  ['is not there', 'gone'],
  ['does more than read', 'put'],
  ['reaches outside', 'fetch'],
])(
  'what is read before people are asked must be a tool that reads: one that %s is refused',
  (_what, reader) => {
    const text = `tools:
  get: { effects: [read], outward: false }
  fetch: { effects: [read], outward: true }
  put: { effects: [update], outward: false, precondition: { tool: ${reader}, arguments: { name: /path } } }\n`;
    expect(() => readCatalog(filesOf({ 'files.yaml': text }), UPSTREAMS)).toThrow(
      'tools.put.precondition.tool',
    );
    const good = text.replace(`tool: ${reader}`, 'tool: get');
    const precondition = readCatalog(filesOf({ 'files.yaml': good }), UPSTREAMS).get('fs/put')?.precondition;
    expect(precondition?.({ path: 'a' })).toEqual({ tool: 'get', arguments: { name: 'a' }, show: false });
    expect(precondition?.({ other: 'a' })).toBeUndefined();
  },
);
