import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toolDefinitionDigest } from '@countersign/core';
import { Site } from './countersign.ts';

// What is decided on must be what the server reads, although the server reads otherwise than we do: in any case, the
// last of two, headers before the body. One such server that we start, one at a URL; their calls are on record.
const LOOSE = resolve(import.meta.dirname, 'upstream/loose-server.ts');
const inputSchema = { type: 'object' };
const SUM = { name: 'sum', description: 'Adds', inputSchema };
const mapped = (name: string, evaluation: object) => ({
  name,
  inputSchema: { ...inputSchema, 'x-authzen-mapping': { evaluation } },
});
const LISTED = [
  [{ name: 'query', inputSchema }, { name: 'note', inputSchema }, { name: 'twice', inputSchema }, SUM],
  [
    { name: 'pay', inputSchema },
    { name: 'drop', inputSchema },
    { name: 'twice', description: 'Another', inputSchema },
    mapped('copy', {
      action: { name: 'write' },
      resource: { type: 'folder', id: '$params.arguments.to' },
    }),
    mapped('wipe', { action: { name: 'write' }, resource: { type: 'folder', id: 'public' } }),
    mapped('pose', {
      subject: { type: 'identity', id: 'agt_admin' },
      action: { name: 'write' },
      resource: { type: 'folder', id: 'public' },
    }),
    mapped('stall', {
      action: { name: 'write' },
      resource: {
        type: 'folder',
        id: "$params.arguments.l.all(x, x in params.arguments.l) ? 'public' : 'x'",
      },
    }),
  ],
];
const CATALOG = `
tools:
  query: { effects: [read], outward: false, classify: { sql: /query } }
  note: { effects: [read], outward: false }
  twice: { effects: [read], outward: false }
  sum: { effects: [read], outward: false, definition: ${toolDefinitionDigest(SUM)} }
  pay: { effects: [spend], outward: false }
  copy: { effects: [read], outward: false }
  pose: { effects: [read], outward: false }
  stall: { effects: [read], outward: false }
`;
const POLICY = `
@id("small-payments")
permit (principal, action == Action::"tools/call", resource is tool)
when { resource.effects.contains("spend") && resource.reviewed && context.request.arguments.amount <= 100 };
@id("large-payments-never")
forbid (principal, action == Action::"tools/call", resource is tool)
when { resource.effects == ["spend"] && context.request.arguments.amount > 100 };
@id("public-folder")
permit (principal, action == Action::"write", resource == folder::"public");
`;
const UPSTREAMS = ['go', 'web'] as const;
type Upstream = (typeof UPSTREAMS)[number];

let site: Site;
let key: string;
let record: string;
let tools: string;
let web: ChildProcess;
const sessions = new Map<string, Record<string, string>>();

beforeAll(async () => {
  site = new Site();
  await site.reservePort();
  site.writePolicies({ loose: CATALOG });
  writeFileSync(join(site.policies, 'loose.cedar'), POLICY);
  record = join(site.dir, 'record.jsonl');
  tools = join(site.dir, 'tools.json');
  writeFileSync(tools, JSON.stringify(LISTED));
  web = spawn(process.execPath, [LOOSE, record, tools, '--http'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = await new Promise<string>((found) => {
    if (web.stdout !== null) createInterface({ input: web.stdout }).once('line', found);
  });
  site.configure({
    public_url: site.url,
    hold: '0s',
    upstreams: {
      go: { command: process.execPath, args: [LOOSE, record, tools], cwd: site.dir, catalog: 'loose' },
      web: { url, catalog: 'loose' },
    },
  });
  key = (await site.json('agent', 'add', 'bot', '--owner', 'owner@example.com'))['api_key'] ?? '';
  await site.start();
  for (const upstream of UPSTREAMS) sessions.set(upstream, await open(upstream));
});
afterAll(async () => {
  web.kill('SIGKILL');
  await site.close();
});
beforeEach(() => rmSync(record, { force: true }));

const reached = (): unknown[] =>
  existsSync(record)
    ? readFileSync(record, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    : [];

async function open(upstream: Upstream): Promise<Record<string, string>> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'open', method: 'initialize', params });
  const opened = await post(upstream, body, {});
  await opened.text();
  const session = opened.headers.get('mcp-session-id');
  return { 'mcp-protocol-version': '2025-11-25', ...(session === null ? {} : { 'mcp-session-id': session }) };
}

async function post(
  upstream: Upstream,
  body: string,
  headers: Record<string, string> = sessions.get(upstream) ?? {},
): Promise<Response> {
  return await fetch(`${site.url}/mcp/${upstream}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body,
  });
}

const call = (name: string, args: object) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });
const GOOD = '"name":"query","arguments":{"query":"SELECT 1"}';
const BAD = '{"name":"drop","arguments":{}}';
const raw = (members: string) => `{"jsonrpc":"2.0",${members}}`;

describe.each(UPSTREAMS)('%s: what policy permits reaches the server as it is', (upstream) => {
  test.each<[string, object]>([
    ['query', { query: 'SELECT 1' }],
    ['sum', { of: [1, 2] }],
    ['pay', { amount: 100 }],
    ['copy', { to: 'public' }],
    // Readers end a line at these, so within a text they must not stand as they are.
    ['note', { text: 'a\u2028b\u2029c\u0085d\r\ne' }],
    ['note', { env: { Path: '1', PATH: '2' } }],
  ])('%s %j', async (name, args) => {
    expect(await (await post(upstream, call(name, args))).text()).toContain('done');
    expect(reached()).toEqual([{ name, arguments: args }]);
  });
});

describe.each(UPSTREAMS)('%s: nothing of these does', (upstream) => {
  test.each<[string, string]>([
    // One message, two readings.
    ['a name in another case', raw(`"id":1,"method":"tools/call","params":{${GOOD},"Name":"drop"}`)],
    ['a name in full width', raw(`"id":1,"method":"tools/call","params":{${GOOD},"\uff2eame":"drop"}`)],
    [
      'arguments in another case',
      raw(`"id":1,"method":"tools/call","params":{${GOOD},"Arguments":{"query":"DROP TABLE t"}}`),
    ],
    [
      'arguments with a long s',
      raw(`"id":1,"method":"tools/call","params":{${GOOD},"argument\u017f":{"query":"DROP TABLE t"}}`),
    ],
    ['an argument in another case', call('query', { query: 'SELECT 1', Query: 'DROP TABLE t' })],
    ['an argument in another case, first', call('query', { QUERY: 'SELECT 1', query: 'DROP TABLE t' })],
    // What no decision is asked about.
    ['a call without an id', raw(`"method":"tools/call","params":${BAD}`)],
    ['a call with a null id', raw(`"id":null,"method":"tools/call","params":${BAD}`)],
    ['a notification that is answered', raw(`"id":1,"method":"notifications/x","params":${BAD}`)],
    // A number that is none.
    ['a number as a text', call('pay', { amount: '5' })],
    ['a number as a list', call('pay', { amount: [5] })],
    ['a number in an object', call('pay', { amount: { value: 5 } })],
    ['a number in full width', call('pay', { amount: '\uff15' })],
    [
      'a larger number by an exponent',
      raw(`"id":1,"method":"tools/call","params":{"name":"pay","arguments":{"amount":1.01e2}}`),
    ],
    ['no number', call('pay', { amount: null })],
    ['a number beside another', call('pay', { amount: 5, Amount: 500 })],
    // Names.
    ['a name that is listed twice', call('twice', {})],
    ['a tool that is not reviewed', call('drop', {})],
    // Declared mappings: untrusted, so they refuse and never permit.
    ['what the mapping’s own question is not permitted', call('copy', { to: 'secret' })],
    ['a mapping that lacks its argument', call('copy', {})],
    ['a mapping whose resource is no text', call('copy', { to: ['public'] })],
    ['a harmless mapping of a tool that is not reviewed', call('wipe', {})],
    ['a mapping for another subject', call('pose', {})],
    ['a mapping that never ends', call('stall', { l: Array.from({ length: 60_000 }, (_, n) => n) })],
  ])('%s', async (_what, body) => {
    const answer = await (await post(upstream, body)).text();
    if (answer !== '') expect(answer).toMatch(/"error"|not run/);
    expect(reached()).toEqual([]);
  });

  test.each<[string, string]>([
    ['a method beside one', raw(`"id":1,"method":"ping","Method":"tools/call","params":${BAD}`)],
    ['params beside others', raw(`"id":1,"method":"tools/call","params":{${GOOD}},"Params":${BAD}`)],
    [
      'a notification that is a call',
      raw(`"method":"notifications/x","Id":1,"Method":"tools/call","Params":${BAD}`),
    ],
    ['an answer that is a call', raw(`"id":1,"result":{},"Method":"tools/call","Params":${BAD}`)],
  ])('%s: whatever else of it does', async (_what, body) => {
    await (await post(upstream, body)).text();
    const calls = reached();
    expect(calls.filter((each) => (each as { name: string }).name !== 'query')).toEqual([]);
    for (const each of calls) expect(each).toEqual({ name: 'query', arguments: { query: 'SELECT 1' } });
  });
});

test.each<[string, Record<string, string>]>([
  ['another tool', { 'mcp-name': 'drop' }],
  ['another method', { 'mcp-method': 'tools/call', 'mcp-name': 'drop' }],
])('headers of the caller’s that name %s go no further', async (_what, headers) => {
  const session = sessions.get('web') ?? {};
  await (await post('web', call('query', { query: 'SELECT 1' }), { ...session, ...headers })).text();
  await (await post('web', raw('"id":2,"method":"ping"'), { ...session, ...headers })).text();
  await (await post('web', raw('"method":"notifications/x"'), { ...session, ...headers })).text();
  expect(reached()).toEqual([{ name: 'query', arguments: { query: 'SELECT 1' } }]);
});

test.each([
  '/mcp/web/../go',
  '/mcp/./go',
  '/mcp//go',
  '/mcp/%67o',
  '/mcp/GO',
  '/mcp/go/query',
  '/mcp/go%2f',
  '/mcp/go;a',
  '/mcp/go\\',
  '//mcp/go',
])('the path %s is no upstream’s', async (path) => {
  const status = await new Promise<number | undefined>((answered, failed) => {
    const headers = {
      ...sessions.get('go'),
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
    };
    const sent = httpRequest(
      { port: site.port, host: 'localhost', path, method: 'POST', headers },
      (response) => {
        response.resume();
        answered(response.statusCode);
      },
    );
    sent.on('error', failed);
    sent.end(call('query', { query: 'SELECT 1' }));
  });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(reached()).toEqual([]);
});

test.each(UPSTREAMS)('%s: another tool under a reviewed name does not run', async (upstream) => {
  try {
    for (const renamed of [
      { ...SUM, description: 'Deletes' },
      { ...SUM, annotations: { readOnlyHint: true } },
      mapped('sum', { action: { name: 'write' }, resource: { type: 'folder', id: 'public' } }),
    ]) {
      writeFileSync(tools, JSON.stringify([[renamed]]));
      const answer = await post(upstream, call('sum', {}), await open(upstream));
      expect(await answer.text()).toContain('not run');
      expect(reached()).toEqual([]);
    }
  } finally {
    writeFileSync(tools, JSON.stringify(LISTED));
  }
});
