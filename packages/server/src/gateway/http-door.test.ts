import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHttpGateway, type HttpGateway } from './http-door.ts';
import { ScriptedPort } from './testing.ts';
import { ask as askAt, type Ask, type Got } from './testing-client.ts';

const COPY_MAPPING = {
  evaluations: {
    subject: { type: 'identity', id: '$token.sub' },
    evaluations: [
      { action: { name: 'read' }, resource: { type: 'object', id: '$params.arguments.source' } },
      { action: { name: 'write' }, resource: { type: 'object', id: '$params.arguments.destination' } },
    ],
  },
};
const CHILD = fileURLToPath(new URL('testing-server.ts', import.meta.url));
const MODERN = '2026-07-28';
const CONSENT = 'io.countersign/consent';
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const META = {
  [VERSION]: MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
};

let port: ScriptedPort;
let gateway: HttpGateway;
let server: Server;
let remote: Server;
let base: string;
const suspended = new Set<string>();
/** What the upstream at a URL was sent. */
let received: { headers: IncomingHttpHeaders; body: Record<string, unknown> }[] = [];

async function listening(it: Server): Promise<number> {
  await new Promise<void>((done) => it.listen(0, '127.0.0.1', done));
  return (it.address() as { port: number }).port;
}

beforeEach(async () => {
  port = new ScriptedPort();
  received = [];
  suspended.clear();
  remote = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      received.push({ headers: request.headers, body });
      const tool = {
        name: 'echo',
        inputSchema: { type: 'object', properties: { to: { 'x-mcp-header': 'To' } } },
      };
      const declaring = { name: 'copy', inputSchema: { type: 'object', 'x-authzen-mapping': COPY_MAPPING } };
      const answer =
        body['method'] === 'tools/list'
          ? JSON.stringify({ jsonrpc: '2.0', id: body['id'], result: { tools: [tool, declaring] } })
          : `{"jsonrpc":"2.0", "result":{"big":12345678901234567890,"content":[]},"id":${JSON.stringify(body['id'])} }`;
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });
  });
  const remotePort = await listening(remote);
  gateway = createHttpGateway({
    upstreams: [
      { name: 'local', kind: 'stdio', command: process.execPath, args: [CHILD], env: {}, cwd: '.' },
      {
        name: 'remote',
        kind: 'http',
        url: `http://127.0.0.1:${remotePort}/mcp`,
        headers: { authorization: 'Bearer ours' },
      },
    ],
    issuer: 'cs.example',
    holdMs: 20_000,
    identify: async ({ authorization }) => {
      const [, agentId] = /^Bearer (agt_\w+)$/.exec(authorization ?? '') ?? [];
      return agentId === undefined ? undefined : { agentId, active: !suspended.has(agentId), port };
    },
    complain: () => {},
    overheard: () => {},
  });
  server = createServer((request, response) => void gateway.handle(request, response));
  base = `http://127.0.0.1:${await listening(server)}`;
});
afterEach(async () => {
  server.closeAllConnections();
  remote.closeAllConnections();
  server.close();
  remote.close();
  await gateway.close();
});

const ask = (path: string, message?: object, how?: Ask): Promise<Got> => askAt(base + path, message, how);

/** The last message, which answers. */
const answerOf = ({ messages }: Got): Record<string, never> =>
  (messages.at(-1) ?? {}) as Record<string, never>;
const tool = (id: number | string, name: string, args: object = {}, meta?: object) => ({
  id,
  method: 'tools/call',
  params: { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) },
});

async function open(agent = 'agt_a', path = '/mcp/local'): Promise<string> {
  const got = await ask(
    path,
    { id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25' } },
    { agent },
  );
  expect(got.status).toBe(200);
  return String(got.headers['mcp-session-id']);
}

function modern(
  id: number,
  name: string,
  args: object = {},
  meta: object = {},
): [object, Record<string, string>] {
  const message = tool(id, name, args, { ...META, ...meta });
  return [message, { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': name }];
}

describe('what is no request for an upstream', () => {
  const ping = { id: 1, method: 'ping' };
  const unknownVersion = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' } };
  test.each<[string, string, object | undefined, Ask, number, object]>([
    ['another path', '/mcp', ping, {}, 404, { code: 'not_found' }],
    ['an unknown upstream', '/mcp/other', ping, {}, 404, { code: 'not_found' }],
    ['a path below it', '/mcp/local/x', ping, {}, 404, { code: 'not_found' }],
    ['no key', '/mcp/local', ping, { headers: { authorization: '' } }, 401, { code: 'unauthenticated' }],
    [
      'another key',
      '/mcp/local',
      ping,
      { headers: { authorization: 'Bearer pep_x' } },
      401,
      { code: 'unauthenticated' },
    ],
    ['another method', '/mcp/local', undefined, { method: 'PUT' }, 405, { code: 'method_not_allowed' }],
    [
      'another type',
      '/mcp/local',
      ping,
      { headers: { 'content-type': 'text/plain' } },
      415,
      { code: 'unsupported_media_type' },
    ],
    [
      'a body too long',
      '/mcp/local',
      undefined,
      { raw: `"${'a'.repeat(1_100_000)}"` },
      413,
      { code: 'too_large' },
    ],
    ['no JSON', '/mcp/local', undefined, { raw: '{"jsonrpc":' }, 400, { error: { code: -32700 } }],
    [
      'a key twice',
      '/mcp/local',
      undefined,
      { raw: '{"jsonrpc":"2.0","id":1,"method":"ping","id":2}' },
      400,
      { error: { code: -32700 } },
    ],
    [
      'a batch',
      '/mcp/local',
      undefined,
      { raw: '[]' },
      400,
      { error: { code: -32600, data: { code: 'batch' } } },
    ],
    [
      'a version to come',
      '/mcp/local',
      { ...ping, params: unknownVersion },
      {},
      400,
      { error: { code: -32022, data: { supported: [MODERN] } } },
    ],
    [
      'no session',
      '/mcp/local',
      { id: 1, method: 'tools/list' },
      {},
      400,
      { error: { data: { code: 'no_session' } } },
    ],
    [
      'a made-up session',
      '/mcp/local',
      { id: 1, method: 'tools/list' },
      { session: 'x' },
      404,
      { error: { data: { code: 'unknown_session' } } },
    ],
    [
      'a method nobody knows',
      '/mcp/local',
      { id: 1, method: 'tools/erase' },
      {},
      200,
      { error: { code: -32601 } },
    ],
  ])('%s', async (_name, path, message, how, status, body) => {
    const got = await ask(path, message, how);
    expect(got.status).toBe(status);
    expect(answerOf(got)).toMatchObject(body);
    expect(port.asked).toHaveLength(0);
  });

  test('in the stateless era headers say what the body says', async () => {
    const [message, headers] = modern(1, 'echo');
    for (const wrong of [
      { 'mcp-name': 'other' },
      { 'mcp-method': 'tools/list' },
      { 'mcp-protocol-version': '2025-11-25' },
      { 'mcp-name': '' },
    ]) {
      const got = await ask('/mcp/local', message, { headers: { ...headers, ...wrong } });
      expect(got.status).toBe(400);
      expect(answerOf(got)).toMatchObject({ id: 1, error: { code: -32020 } });
    }
    for (const method of ['tools/erase', 'initialize', 'resources/subscribe', 'tasks/list']) {
      const unknown = { ...message, method };
      const got = await ask('/mcp/local', unknown, { headers: { ...headers, 'mcp-method': method } });
      expect(got.status).toBe(404);
      expect(answerOf(got)).toMatchObject({ error: { code: -32601 } });
    }
    expect((await ask('/mcp/local', undefined, { method: 'GET', headers })).status).toBe(405);
    expect(port.asked).toHaveLength(0);
  });
});

test('in the stateless era a request says its version and what its client can do', async () => {
  const [message, headers] = modern(1, 'echo');
  for (const meta of [
    {},
    { [VERSION]: MODERN },
    { ...META, 'io.modelcontextprotocol/clientCapabilities': 1 },
  ]) {
    const lacking = { ...message, params: { name: 'echo', _meta: meta } };
    const got = await ask('/mcp/local', lacking, { headers });
    expect(got.status).toBe(400);
    expect(answerOf(got)).toMatchObject({ id: 1, error: { code: -32602 } });
  }
  const future = { ...message, params: { name: 'echo', _meta: { ...META, [VERSION]: '2031-01-01' } } };
  for (const [version, code] of [
    [MODERN, -32020],
    ['2031-01-01', -32022],
  ] as const) {
    const got = await ask('/mcp/local', future, { headers: { ...headers, 'mcp-protocol-version': version } });
    expect(got.status).toBe(400);
    expect(answerOf(got)).toMatchObject({ id: 1, error: { code } });
  }
  expect(port.asked).toHaveLength(0);
});

describe('sessions', () => {
  test('belong to the agent that opened them', async () => {
    const session = await open('agt_a');
    const how = { agent: 'agt_b', session };
    expect((await ask('/mcp/local', tool(1, 'echo'), how)).status).toBe(404);
    expect((await ask('/mcp/local', { method: 'notifications/initialized' }, how)).status).toBe(404);
    expect((await ask('/mcp/local', undefined, { ...how, method: 'GET' })).status).toBe(404);
    expect((await ask('/mcp/local', undefined, { ...how, method: 'DELETE' })).status).toBe(404);
    expect((await ask('/mcp/local', tool(1, 'echo', { a: 1 }), { session })).status).toBe(200);
    expect((await ask('/mcp/local', undefined, { session, method: 'DELETE' })).status).toBe(200);
    expect((await ask('/mcp/local', tool(2, 'echo'), { session })).status).toBe(404);
  });

  test('a suspended agent says and hears nothing', async () => {
    const session = await open();
    suspended.add('agt_a');
    for (const [message, method] of [
      [{ method: 'notifications/initialized' }, 'POST'],
      [{ id: 'ask-1', result: {} }, 'POST'],
      [undefined, 'GET'],
      [undefined, 'DELETE'],
    ] as const) {
      expect((await ask('/mcp/local', message, { session, method })).status).toBe(403);
    }
  });

  test('are so many, and the longest rested gives way', async () => {
    const first = await open();
    for (let n = 0; n < 16; n++) await open();
    expect((await ask('/mcp/local', tool(1, 'echo'), { session: first })).status).toBe(404);
  });
});

test('clients that choose the same ids and tokens each get their own', async () => {
  const calls = Array.from({ length: 8 }, (_, client) => {
    const [message, headers] = modern(1, 'progress', { client }, { progressToken: 'same' });
    return ask('/mcp/local', message, { headers, agent: client % 2 === 0 ? 'agt_a' : 'agt_b' });
  });
  for (const [client, got] of (await Promise.all(calls)).entries()) {
    const said = JSON.stringify({ client });
    expect(got.messages).toMatchObject([
      { method: 'notifications/progress', params: { progressToken: 'same', message: said } },
      { id: 1, result: { content: [{ text: said }] } },
    ]);
  }
});

test('a server’s own request reaches its client, and only what it asked for is answered', async () => {
  const session = await open();
  const asked = Promise.withResolvers<Record<string, unknown>>();
  const stream = ask('/mcp/local', undefined, {
    session,
    method: 'GET',
    on: (message) => {
      asked.resolve(message);
      return true;
    },
  });
  const answered = ask('/mcp/local', tool(7, 'ask'), { session });
  const { id } = await asked.promise;
  await ask('/mcp/local', { id: 'never-asked', result: { roots: ['evil'] } }, { session });
  expect((await ask('/mcp/local', { id, result: { roots: [] } }, { session })).status).toBe(202);
  expect(answerOf(await answered)).toMatchObject({
    id: 7,
    result: { content: [{ text: 'told {"roots":[]}' }] },
  });
  await stream;
});

test('who opens no stream is asked where it waits for its answer', async () => {
  const session = await open();
  const got = await ask('/mcp/local', tool(7, 'ask'), {
    session,
    on: ({ id, method }) => {
      if (method === 'roots/list') void ask('/mcp/local', { id, result: { roots: ['r'] } }, { session });
    },
  });
  expect(got.messages).toMatchObject([
    { method: 'roots/list' },
    { id: 7, result: { content: [{ text: 'told {"roots":["r"]}' }] } },
  ]);
});

describe('a held call', () => {
  beforeEach(() => port.stepUp.add('echo'));

  test('tells its progress, runs once when approved, and is reported', async () => {
    const session = await open();
    const held = ask('/mcp/local', tool(1, 'echo', { a: 1 }, { progressToken: 9 }), {
      session,
      on: ({ method }) => {
        if (method === 'notifications/progress') port.answers.at(-1)?.('approved');
      },
    });
    const got = await held;
    expect(got.messages[0]).toMatchObject({ method: 'notifications/progress', params: { progressToken: 9 } });
    expect(answerOf(got)).toMatchObject({ id: 1, result: { content: [{ text: '{"a":1}' }] } });
    expect(port.reports).toEqual([['clm_1', 'approved-executed']]);
  });

  test.each(['denied', 'expired', 'cancelled', 'failed'] as const)(
    '%s: not run, and says so',
    async (status) => {
      const session = await open();
      const held = ask('/mcp/local', tool(1, 'echo'), { session });
      await expect.poll(() => port.answers.length).toBe(1);
      port.answers[0]?.(status);
      expect(answerOf(await held)).toMatchObject({
        result: { isError: true, _meta: { [CONSENT]: { request_id: 'arq_1', status } } },
      });
      expect(port.reports).toEqual([]);
    },
  );

  test('ends when its caller cancels or leaves; then nothing runs', async () => {
    const session = await open();
    const cancelled = ask('/mcp/local', tool(1, 'echo', {}, { progressToken: 1 }), { session, on: () => {} });
    await expect.poll(() => port.answers.length).toBe(1);
    await ask('/mcp/local', { method: 'notifications/cancelled', params: { requestId: 1 } }, { session });
    expect(answerOf(await cancelled)).toMatchObject({ result: { isError: true } });
    await ask('/mcp/local', tool(2, 'echo', {}, { progressToken: 2 }), { session, on: () => true });
    await expect.poll(() => port.givenUp).toBe(2);
    port.answers[1]?.('approved');
    await new Promise((later) => setTimeout(later, 50));
    expect(port.asked.filter(({ context }) => context?.['approval'] !== undefined)).toEqual([]);
  });

  test('is answered as pending when the server drains', async () => {
    const session = await open();
    const held = ask('/mcp/local', tool(1, 'echo'), { session });
    await expect.poll(() => port.answers.length).toBe(1);
    gateway.drain();
    expect(answerOf(await held)).toMatchObject({ result: { _meta: { [CONSENT]: { status: 'pending' } } } });
  });
});

test('a server that dies under a claimed call: outcome unknown, said and reported', async () => {
  port.stepUp.add('die');
  const session = await open();
  const held = ask('/mcp/local', tool(1, 'die'), { session });
  await expect.poll(() => port.answers.length).toBe(1);
  port.answers[0]?.('approved');
  expect(answerOf(await held)).toMatchObject({
    result: { isError: true, _meta: { [CONSENT]: { status: 'outcome-unknown' } } },
  });
  expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
  expect((await ask('/mcp/local', tool(2, 'echo'), { session })).status).toBe(404);
});

describe('a read fetched early', () => {
  test.each(['/mcp/local', '/mcp/remote'])('%s: is released once its permit is recorded', async (path) => {
    port.early = 'recorded';
    const [message, headers] = modern(1, 'echo', { a: 1 });
    expect(answerOf(await ask(path, message, { headers }))).toMatchObject({
      id: 1,
      result: { content: expect.anything() as unknown },
    });
  });

  test.each(['/mcp/local', '/mcp/remote'])('%s: is thrown away when that fails', async (path) => {
    port.early = 'unrecorded';
    const [message, headers] = modern(1, 'echo', { a: 1 });
    const got = await ask(path, message, { headers });
    expect(answerOf(got)).toMatchObject({
      result: { isError: true, _meta: { [CONSENT]: { status: 'unavailable' } } },
    });
    expect(got.messages).toHaveLength(1);
  });
});

describe('an upstream at a URL', () => {
  test('sees our credential and never the caller’s; headers are made from the body', async () => {
    const [message, headers] = modern(1, 'echo', { to: 'eu' });
    const got = await ask('/mcp/remote', message, {
      headers: {
        ...headers,
        'mcp-param-to': '=?base64?ZXU=?=',
        'mcp-param-other': 'us',
        cookie: 'c=1',
        'x-forwarded-for': '1.2.3.4',
      },
    });
    // Not a byte of its answer is changed: this number survives no parser.
    expect(got.text).toBe('{"jsonrpc":"2.0", "result":{"big":12345678901234567890,"content":[]},"id":1 }');
    const call = received.at(-1);
    expect(call?.headers).toMatchObject({
      authorization: 'Bearer ours',
      'mcp-name': 'echo',
      'mcp-param-to': 'eu',
    });
    expect(call?.headers).not.toHaveProperty('mcp-param-other');
    expect(call?.headers).not.toHaveProperty('cookie');
    expect(call?.headers).not.toHaveProperty('x-forwarded-for');
    expect(JSON.stringify(received)).not.toContain('agt_a');
  });

  test.each([
    ['another value', 'us'],
    ['none', undefined],
    ['bad padding', '=?base64?ZXU?='],
    ['no base64', '=?base64?Z!XU=?='],
  ])('is not called where a header says another argument than the body: %s', async (_name, value) => {
    const [message, headers] = modern(1, 'echo', { to: 'eu' });
    const got = await ask('/mcp/remote', message, {
      headers: { ...headers, ...(value === undefined ? {} : { 'mcp-param-to': value }) },
    });
    expect(got.status).toBe(400);
    expect(answerOf(got)).toMatchObject({ id: 1, error: { code: -32020 } });
    expect(port.asked).toHaveLength(0);
  });

  test('gets what nobody knows, but no metadata that binds nobody', async () => {
    const [message, headers] = modern(
      1,
      'echo',
      { to: 'eu', deep: [{ unknown: null }] },
      { 'com.example/x': 1 },
    );
    const { params, ...rest } = message as { params: object };
    const unknown = { ...rest, 'x-beside': { a: 1 }, params: { ...params, 'x-extension': [true] } };
    await ask('/mcp/remote', unknown, { headers: { ...headers, 'mcp-param-to': 'eu' } });
    const { params: sent, ...beside } = (received.at(-1)?.body ?? {}) as { params?: object };
    expect(beside).toMatchObject({ 'x-beside': { a: 1 } });
    expect(sent).toEqual({ ...params, _meta: META, 'x-extension': [true] });
    expect(port.asked.at(-1)?.context).toMatchObject({
      message: { 'x-beside': { a: 1 } },
      params: { 'x-extension': [true] },
    });
  });

  test('without sessions offers no stream and ends none', async () => {
    expect((await ask('/mcp/remote', undefined, { method: 'GET' })).status).toBe(405);
    expect((await ask('/mcp/remote', undefined, { method: 'DELETE' })).status).toBe(405);
  });

  test('that is gone is said to be', async () => {
    remote.closeAllConnections();
    await new Promise((closed) => remote.close(closed));
    const [message, headers] = modern(1, 'echo');
    const got = await ask('/mcp/remote', message, { headers });
    expect(answerOf(got)).toMatchObject({
      result: { isError: true, _meta: { [CONSENT]: { status: 'unavailable' } } },
    });
  });
});

describe('a declared mapping', () => {
  const copy = (args: object) => modern(1, 'copy', args);

  test('is asked with the call, for the caller alone', async () => {
    const [message, headers] = copy({ source: '/a', destination: '/b' });
    await ask('/mcp/remote', message, { headers });
    const subject = { type: 'identity', id: 'agt_a' };
    expect(port.asked.at(-1)).toMatchObject({
      resource: { type: 'tool', id: 'remote/copy' },
      context: {
        declared: [
          { subject, action: { name: 'read' }, resource: { type: 'object', id: '/a' } },
          { subject, action: { name: 'write' }, resource: { type: 'object', id: '/b' } },
        ],
      },
    });
  });

  test('that cannot be resolved is an error of the params, and nothing is asked or sent', async () => {
    const [message, headers] = copy({ source: '/a' });
    const got = await ask('/mcp/remote', message, { headers });
    expect(answerOf(got)).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('field not found: destination') },
    });
    expect(port.asked.map(({ action }) => action.name)).not.toContain('tools/call');
    expect(received.map(({ body }) => body['method'])).not.toContain('tools/call');
  });
});
