import { EFFECTS, type JsonValue } from '@countersign/core';
import { loadSql } from '@countersign/effects';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from './catalog.ts';
import { factsOf } from './facts.ts';
import { valueAt } from './json-pointer.ts';
import { PolicySetError } from './policy-set-error.ts';
import { filesOf, question, setOf } from './testing.ts';

beforeAll(loadSql);

const CATALOG = `
tools:
  query: { effects: [read], outward: false, labels: [personal], classify: { sql: /query } }
  ledger: { effects: [read], outward: false, classify: { sql: { at: /q, functions: { refund: [spend] }, secret_tables: [tokens] } } }
  run: { effects: [read], outward: false, classify: { shell: /command } }
  fetch: { effects: [read], outward: false, classify: { url: /url } }
  save: { effects: [create], outward: false, classify: { path: { at: /files, roots: [/work], effect: update } } }
  send: { effects: [read], outward: false, classify: { http: { method: /m, url: /u, headers: /h, body: /b } } }
  plan: { effects: [read], outward: false, classify: { terraform: /plan } }
  kubectl: { effects: [read], outward: false, classify: { kubernetes: { verb: /verb, manifest: /manifest, resource: /resource } } }
  people: { effects: [read], outward: false, classify: { scim: { method: /method, path: /path, body: /body } } }
  both: { effects: [read], outward: false, classify: { sql: /query, path: { at: /out, roots: [/work], effect: export } } }
`;
const upstreams = [{ name: 'x', catalog: 'c' }];
const catalog = readCatalog(filesOf({ 'c.yaml': CATALOG }), upstreams, ['example.com']);
const facts = (tool: string, args?: JsonValue) =>
  factsOf(
    {
      ...question().evaluation,
      resource: { type: 'tool', id: `x/${tool}` },
      context: args === undefined ? {} : { arguments: args },
    },
    catalog,
  );

it.each<[string, JsonValue, string]>([
  ['query', { query: 'SELECT 1' }, 'read'],
  ['query', { query: 'DELETE FROM t WHERE a = 1' }, 'read delete'],
  ['ledger', { q: 'SELECT refund(1) FROM tokens' }, 'read secret spend'],
  ['run', { command: 'ls -la' }, 'read'],
  ['run', { command: 'rm -rf x' }, 'read delete'],
  ['run', { command: "psql -c 'DELETE FROM t'" }, 'read delete'],
  ['save', { files: '/work/a.txt' }, 'create update'],
  ['save', { files: ['/work/a.txt', '/work/b.txt'] }, 'create update'],
  ['send', { m: 'GET', u: 'https://api.example.com/a' }, 'read network'],
  ['send', { m: 'DELETE', u: 'https://api.example.com/a', h: { accept: '*/*' } }, 'read delete network'],
  ['kubectl', { verb: 'get', resource: 'pods' }, 'read'],
  ['kubectl', { verb: 'get', resource: 'secrets' }, 'read secret'],
  ['people', { method: 'DELETE', path: '/Users/1' }, 'read delete'],
  ['both', { query: 'SELECT 1', out: '/work/x' }, 'read export'],
])('%s %j has %s', (tool, args, effects) => {
  const found = facts(tool, args);
  expect(found.effects).toEqual(expect.arrayContaining(effects.split(' ')));
  expect(found.effects.length).toBeLessThan(EFFECTS.length);
  expect(found.reviewed).toBe(true);
});

it.each<[string, readonly string[], boolean]>([
  ['so many texts', Array.from({ length: 256 }, (_, n) => `/work/${n}`), true],
  ['more', Array.from({ length: 257 }, (_, n) => `/work/${n}`), false],
  ['long ones', Array.from({ length: 4 }, () => `/work/${'a/'.repeat(2000)}`), true],
  ['longer ones', Array.from({ length: 5 }, () => `/work/${'a/'.repeat(2000)}`), false],
  // No sum of lengths is told from a single text, which has a bound of its own.
  ['one', [`/work/${'a/'.repeat(2000)}`], true],
])('of a list, %s are read: the time is that of all callers', (_what, files, read) => {
  const { effects } = facts('save', { files });
  expect(effects.length === EFFECTS.length).toBe(!read);
});

it('keeps what the entry says, and tells why and what is named', () => {
  expect(facts('query', { query: 'SELECT a FROM users' })).toEqual({
    effects: ['read'],
    labels: ['personal'],
    outward: false,
    reviewed: true,
    because: ['read: SELECT'],
    touches: ['column:a', 'table:users'],
  });
  expect(facts('fetch', { url: 'https://evil.test/' })).toMatchObject({
    outward: true,
    touches: ['host:evil.test'],
  });
  expect(facts('fetch', { url: 'https://api.example.com/' })).toMatchObject({ outward: false });
});

describe('what is not there, or not in the form it is read in, is the riskiest', () => {
  it.each<[string, JsonValue | undefined]>([
    ['query', undefined],
    ['query', {}],
    ['query', 'SELECT 1'],
    ['query', null],
    ['query', { query: 1 }],
    ['query', { query: { text: 'SELECT 1' } }],
    ['query', { query: [] }],
    ['query', { query: ['SELECT 1', 2] }],
    ['query', { Query: 'SELECT 1' }],
    ['query', JSON.parse('{"__proto__":{"query":"SELECT 1"}}') as JsonValue],
    ['query', { query: 'SELECT evil()' }],
    ['query', { query: 'SELECT 1', Query: 'DROP TABLE t' }],
    ['query', { 'QUER\u0059': 'DROP TABLE t', query: 'SELECT 1' }],
    ['run', { command: 'ls', 'co\uff4dmand': 'rm -rf /' }],
    ['save', { files: '/work/a', 'file\u017f': '/etc/passwd' }],
    ['send', { m: 'GET', u: 'https://api.example.com/', B: '_method=DELETE' }],
    ['kubectl', { verb: 'get', resource: 'pods', Resource: 'secrets' }],
    ['kubectl', { verb: 'get', resource: 'pods', Manifest: {} }],
    ['people', { method: 'GET', path: '/Users', Path: '/Users/1' }],
    ['save', { files: '/etc/passwd' }],
    ['save', { files: ['/work/a', '/work/../etc'] }],
    ['send', { m: 'GET' }],
    ['send', { m: 'GET', u: 'https://api.example.com/', h: ['x'] }],
    ['plan', {}],
    ['plan', { plan: 'not a plan' }],
    ['kubectl', { verb: 1 }],
    ['kubectl', { verb: 'get', resource: ['pods'] }],
    ['people', { method: 'GET' }],
    ['both', { query: 'SELECT 1' }],
  ])('%s %j', (tool, args) => {
    expect(facts(tool, args)).toMatchObject({ effects: EFFECTS, outward: true });
  });
});

it('policies see what was found', () => {
  const policy =
    '@id("a") permit (principal, action, resource) when { resource.touches == ["column:a", "table:t"] };';
  const decide = setOf({ 'a.cedar': policy }, { upstreams, catalog: { 'c.yaml': CATALOG } });
  const ask = (query: string) =>
    decide(question({ resource: { type: 'tool', id: 'x/query' }, context: { arguments: { query } } })).kind;
  expect(ask('SELECT a FROM t')).toBe('permit');
  expect(ask('SELECT b FROM t')).toBe('forbid');
});

it.each([
  ['classify: {}', 'names no classifier'],
  ['classify: { sql: query }', '`tools.t.classify'],
  ['classify: { sql: { at: /q, dialect: mysql } }', '`tools.t.classify'],
  ['classify: { python: /code }', '`tools.t.classify.python`'],
  ['classify: { path: { at: /p, effect: read } }', '`tools.t.classify.path.roots`'],
  ['classify: { path: { at: /p, roots: [/x], effect: look } }', '`tools.t.classify.path.effect`'],
])('refuses %s', (terms, reason) => {
  const files = filesOf({ 'c.yaml': `tools: { t: { effects: [read], outward: false, ${terms} } }` });
  expect(() => readCatalog(files, upstreams)).toThrow(PolicySetError);
  expect(() => readCatalog(files, upstreams)).toThrow(reason);
});

it.each<[JsonValue, string, JsonValue | undefined]>([
  [{ a: 1 }, '/a', 1],
  [{ a: { b: [1, 2] } }, '/a/b/1', 2],
  [{ 'a/b': 1, 'c~d': 2 }, '/a~1b', 1],
  [{ 'a/b': 1, 'c~d': 2 }, '/c~0d', 2],
  [{ '': 1 }, '/', 1],
  [{ a: null }, '/a', null],
  [{ a: 1 }, '/b', undefined],
  [{ a: 1 }, '/a/b', undefined],
  [[1], '/length', undefined],
  [[1], '/00', undefined],
  [{}, '/constructor', undefined],
  [{}, '/__proto__', undefined],
])('%j at %s is %j', (value, pointer, expected) => {
  expect(valueAt(value, pointer)).toEqual(expected);
});
