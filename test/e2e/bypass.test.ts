import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Site } from './countersign.ts';

// Attempts to get an effect past what was decided on, through the whole gateway to a server that reads loosely. What
// policy permits are reads of reviewed tools; whatever reaches the server is on record.
const RECORDER = resolve(import.meta.dirname, 'upstream/recording-server.ts');
const TOOLS = ['query', 'read_file', 'run', 'fetch', 'request', 'tidy'];
const CATALOG = `
tools:
  query: { effects: [read], outward: false, classify: { sql: /query } }
  read_file: { effects: [read], outward: false, classify: { path: { at: /path, roots: [/work], effect: read } } }
  run: { effects: [read], outward: false, classify: { shell: /command } }
  fetch: { effects: [read], outward: false, classify: { url: /url } }
  request: { effects: [read], outward: false, classify: { http: { method: /method, url: /url, body: /body } } }
`;

let site: Site;
let key: string;
let record: string;
let session: Record<string, string>;

beforeAll(async () => {
  site = new Site();
  await site.reservePort();
  site.writePolicies({ recorder: CATALOG });
  record = join(site.dir, 'record.jsonl');
  const recorder = { command: process.execPath, args: [RECORDER, record, ...TOOLS], cwd: site.dir };
  site.configure({
    public_url: site.url,
    hold: '0s',
    domains: ['example.com'],
    upstreams: { db: { ...recorder, catalog: 'recorder' }, other: recorder },
  });
  const added = await site.json('agent', 'add', 'bot', '--owner', 'owner@example.com');
  key = added['api_key'] ?? '';
  await site.enrolKey();
  await site.start();
  session = await open('db');
});
afterAll(() => site.close());
beforeEach(() => rmSync(record, { force: true }));

const reached = (): string[] => (existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : []);

async function post(
  body: string,
  headers: Record<string, string> = session,
  upstream = 'db',
  as = key,
): Promise<Response> {
  return await fetch(`${site.url}/mcp/${upstream}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${as}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body,
  });
}

async function open(upstream: string, as = key): Promise<Record<string, string>> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'open', method: 'initialize', params });
  const opened = await post(body, {}, upstream, as);
  await opened.text();
  return {
    'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
    'mcp-protocol-version': '2025-11-25',
  };
}

/** A request with these very bytes as its params. */
const raw = (params: string, method = 'tools/call') =>
  `{"jsonrpc":"2.0","id":1,"method":${JSON.stringify(method)},"params":${params}}`;
const call = (name: string, args: unknown, more: object = {}) =>
  raw(JSON.stringify({ name, arguments: args, ...more }));

describe('what policy permits reaches the server', () => {
  test.each([
    ['a query', call('query', { query: 'SELECT 1' })],
    ['a file within the root', call('read_file', { path: '/work/a.txt' })],
    ['several of them', call('read_file', { path: ['/work/a.txt', '/work/b/c.txt'] })],
    ['a command', call('run', { command: 'ls -la | head' })],
  ])('%s', async (_what, body) => {
    expect(await (await post(body)).text()).toContain('done');
    expect(reached()).toHaveLength(1);
  });
});

const WRITE = 'DELETE FROM users';

describe('nothing of these does', () => {
  test.each<[string, string, Record<string, string>?]>([
    // One message, two readings.
    [
      'duplicate keys in the arguments',
      raw(`{"name":"query","arguments":{"query":"SELECT 1","query":"${WRITE}"}}`),
    ],
    [
      'duplicate keys, the good one last',
      raw(`{"name":"query","arguments":{"query":"${WRITE}","query":"SELECT 1"}}`),
    ],
    [
      'duplicate keys by an escape',
      raw(`{"name":"query","arguments":{"query":"SELECT 1","qu\\u0065ry":"${WRITE}"}}`),
    ],
    [
      'duplicate arguments',
      raw(`{"name":"query","arguments":{"query":"SELECT 1"},"arguments":{"query":"${WRITE}"}}`),
    ],
    ['duplicate names', raw(`{"name":"query","name":"tidy","arguments":{"query":"SELECT 1"}}`)],
    [
      'duplicate methods',
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"tidy"}}`,
    ],
    [
      'duplicate params',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","arguments":{"query":"SELECT 1"}},"params":{"name":"tidy"}}`,
    ],
    ['a batch', `[${call('query', { query: 'SELECT 1' })},${call('tidy', {})}]`],
    ['a second message behind the first', `${call('query', { query: 'SELECT 1' })}\n${call('tidy', {})}`],
    ['a comment', raw(`{"name":"query",/**/"arguments":{"query":"${WRITE}"}}`)],
    ['an unpaired surrogate', raw('{"name":"query","arguments":{"query":"SELECT \\ud800"}}')],
    [
      'a number that no other reader reads so',
      raw('{"name":"query","arguments":{"query":"SELECT 1","limit":1e400}}'),
    ],
    [
      'an integer beyond 2^53',
      raw('{"name":"query","arguments":{"query":"SELECT 1","limit":9007199254740993}}'),
    ],
    // What is not where it is looked for.
    ['an argument in another case', call('query', { Query: WRITE })],
    ['an argument of another form', call('query', { 'quer\u0443': WRITE })],
    ['no arguments', call('query', undefined)],
    ['arguments as a JSON text', call('query', JSON.stringify({ query: 'SELECT 1' }))],
    ['the query as a JSON text', call('query', { query: JSON.stringify({ query: WRITE }) })],
    ['the query as an object', call('query', { query: { text: WRITE } })],
    ['one of a list', call('query', { query: ['SELECT 1', WRITE] })],
    ['a list within a list', call('query', { query: [['SELECT 1']] })],
    ['a number for a text', call('query', { query: 1 })],
    ['a good one beside the arguments', call('query', { query: WRITE }, { query: 'SELECT 1' })],
    [
      'a good one in a prototype',
      raw(`{"name":"query","arguments":{"__proto__":{"query":"SELECT 1"},"q":"${WRITE}"}}`),
    ],
    // Names.
    ['a tool in another case', call('QUERY', { query: 'SELECT 1' })],
    ['a tool with a blank', call('query ', { query: 'SELECT 1' })],
    ['a tool with a zero-width character', call('que\u200bry', { query: 'SELECT 1' })],
    ['a tool in full-width letters', call('ｑｕｅｒｙ', { query: 'SELECT 1' })],
    ['a tool that nobody reviewed', call('tidy', {})],
    ['a tool that is not listed', call('drop', {})],
    ['a tool of another upstream by its name', call('other/query', { query: 'SELECT 1' })],
    ['a method in another case', raw('{"name":"tidy","arguments":{}}', 'Tools/Call')],
    ['a method nobody knows', raw('{"name":"tidy","arguments":{}}', 'tools/call2')],
    [
      'a header that names another tool',
      call('tidy', {}),
      { 'mcp-name': 'query', 'mcp-method': 'tools/call' },
    ],
    // SQL.
    ['a write in a CTE', call('query', { query: `WITH x AS (${WRITE} RETURNING 1) SELECT 1` })],
    ['a write behind a comment', call('query', { query: `SELECT 1 -- \n; ${WRITE}` })],
    ['a write in capitals and tabs', call('query', { query: 'dElEtE\tFROM\nusers' })],
    ['a write behind a NUL', call('query', { query: `SELECT 1\0; ${WRITE}` })],
    ['a file by a function', call('query', { query: "SELECT pg_read_file('/etc/passwd')" })],
    // Paths.
    ['a path out of the root', call('read_file', { path: '/work/../etc/passwd' })],
    ['a path that may cross a link', call('read_file', { path: '/work/a/../b' })],
    ['a path in another case', call('read_file', { path: '/WORK/a' })],
    ['an encoded path', call('read_file', { path: '/work/%2e%2e/etc/passwd' })],
    ['a full-width path', call('read_file', { path: '/work/．．/etc/passwd' })],
    ['a home', call('read_file', { path: '~/.ssh/id_rsa' })],
    ['a variable', call('read_file', { path: '$HOME/.ssh/id_rsa' })],
    ['a path with a NUL', call('read_file', { path: '/work/a\0.txt' })],
    ['a root that only begins so', call('read_file', { path: '/workspace/a' })],
    ['one path of many', call('read_file', { path: ['/work/a', '/etc/shadow'] })],
    ['a URL for a path', call('read_file', { path: 'file:///work/a' })],
    // Commands.
    ['a command behind a pipe', call('run', { command: 'echo cm0gLXJmIC8= | base64 -d | sh' })],
    ['a command in a substitution', call('run', { command: 'ls "$(rm -rf /work)"' })],
    ['a command in quotes', call('run', { command: "r''m -rf /work" })],
    ['a command in a variable', call('run', { command: 'X=rm; $X -rf /work' })],
    ['a redirection', call('run', { command: 'ls > /work/list' })],
    // Addresses.
    ['another host behind a user', call('fetch', { url: 'https://example.com@evil.test/' })],
    ['a look-alike host', call('fetch', { url: 'https://ехample.com/' })],
    ['the address of the metadata service', call('fetch', { url: 'http://2852039166/latest/meta-data/' })],
    ['a redirect to elsewhere', call('fetch', { url: 'https://example.com/go?to=https://evil.test/' })],
    [
      'a method in a header',
      call('request', { method: 'GET', url: 'https://example.com/a', body: { _method: 'DELETE' } }),
    ],
    ['a method nobody knows', call('request', { method: 'GETT', url: 'https://example.com/a' })],
  ])('%s', async (_what, body, headers) => {
    const answer = await post(body, { ...session, ...headers });
    expect(await answer.text()).toMatch(/"error"|not run|isError/);
    expect(reached()).toEqual([]);
  });

  test('a tool of one name at an upstream that nobody reviewed', async () => {
    const answer = await post(call('query', { query: 'SELECT 1' }), await open('other'), 'other');
    expect(await answer.text()).toContain('not run');
    expect(reached()).toEqual([]);
  });
});

test('whoever is asked reads what the arguments would do', async () => {
  // Another agent: of the first one enough waits for people already.
  const { api_key = '' } = await site.json('agent', 'add', 'second', '--owner', 'owner@example.com');
  const own = await open('db', api_key);
  await (await post(call('query', { query: `/* tidy */ ${WRITE}` }), own, 'db', api_key)).text();
  const { requests } = (await site.json('request', 'list')) as never as {
    requests: { id: string; effects: string[]; resource: string }[];
  };
  const { id = '' } = requests.find(({ effects }) => effects.join() === 'read,delete') ?? {};
  const { stdout } = await site.run(['request', 'show', id, '--data', site.data]);
  expect(stdout).toContain('WHAT THE ARGUMENTS WOULD DO');
  expect(stdout).toContain('"delete: DELETE FROM users, no WHERE"');
  expect(stdout).toContain('"table:users"');
});
