import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Database } from '../stores/sqlite/database.ts';
import { SqliteParkedCalls } from '../stores/sqlite/parked-calls.ts';
import { createHttpGateway, type HttpGateway } from './http-door.ts';
import { ScriptedPort } from './testing.ts';
import { ask as askAt, type Ask, type Got } from './testing-client.ts';

// Nothing here waits for a time: what would be held back until its end is waited for before that end may come, so
// that a gateway that buffers never answers.
const CHILD = fileURLToPath(new URL('testing-server.ts', import.meta.url));
const VERSION = '2026-07-28';
const EVENTS = { 'content-type': 'text/event-stream' };
const PROGRESS = {
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 't', progress: 1 },
};

let port: ScriptedPort;
let gateway: HttpGateway;
let server: Server;
let remote: Server;
let base: string;
/** Lets the upstream finish what it began, with its answer or without. */
let finish: (how?: 'answered') => void;

beforeEach(async () => {
  port = new ScriptedPort();
  const { promise, resolve } = Promise.withResolvers<'answered' | void>();
  finish = resolve;
  remote = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET') {
        response.writeHead(200, EVENTS).flushHeaders();
        return;
      }
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number; method: string };
      const json = (result: object): void => {
        const headers = { 'content-type': 'application/json', 'mcp-session-id': 's' };
        response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      };
      if (method === 'initialize') return json({});
      if (method === 'tools/list')
        return json({ tools: [{ name: 'slow', inputSchema: { type: 'object' } }] });
      response.writeHead(200, EVENTS);
      response.write(`event: message\ndata: ${JSON.stringify(PROGRESS)}\n\n`);
      const answer = `data: ${JSON.stringify({ jsonrpc: '2.0', id, result: {} })}\n\n`;
      void promise.then((how) => response.end(how === 'answered' ? answer : ''));
    });
  });
  gateway = createHttpGateway({
    store: new SqliteParkedCalls(new Database(':memory:'), 't'),
    port: async () => port,
    clock: Date.now,
    upstreams: [
      {
        name: 'local',
        when_pending: ['hold'],
        kind: 'stdio',
        command: process.execPath,
        args: [CHILD],
        env: {},
        cwd: '.',
      },
      {
        name: 'remote',
        when_pending: ['hold'],
        kind: 'http',
        url: `http://127.0.0.1:${await listening(remote)}/mcp`,
        headers: {},
      },
    ],
    issuer: 'cs.example',
    holdMs: 20_000,
    identify: () => Promise.resolve({ agentId: 'agt_a', active: true, port }),
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

async function listening(it: Server): Promise<number> {
  await new Promise<void>((done) => it.listen(0, '127.0.0.1', done));
  return (it.address() as { port: number }).port;
}

/** Calls a tool and asks for progress. */
async function call(path: string, name: string, on?: Ask['on'], meta: object = {}): Promise<Got> {
  const asking = {
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientCapabilities': {},
    progressToken: 't',
    ...meta,
  };
  const headers = { 'mcp-protocol-version': VERSION, 'mcp-method': 'tools/call', 'mcp-name': name };
  const message = { id: 1, method: 'tools/call', params: { name, arguments: {}, _meta: asking } };
  return await askAt(base + path, message, { headers, ...(on === undefined ? {} : { on }) });
}

describe('an event arrives while its upstream works', () => {
  test('at a url', async () => {
    const got = await call('/mcp/remote', 'slow', ({ method }) => {
      if (method !== undefined) finish('answered');
    });
    expect(got.headers['content-type']).toBe('text/event-stream');
    expect(got.messages).toEqual([PROGRESS, { jsonrpc: '2.0', id: 1, result: {} }]);
  });

  test('over stdio', async () => {
    const heard: unknown[] = [];
    // Its answer never comes.
    await call('/mcp/local', 'sleep', (message) => heard.push(message) > 0);
    expect(heard).toMatchObject([{ params: { progressToken: 't', progress: 1 } }]);
  });
});

test('a stream that a client opens begins before there is anything to say', async () => {
  const initialize = { id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25' } };
  const got = await askAt(`${base}/mcp/remote`, initialize);
  const left = new AbortController();
  const stream = await fetch(`${base}/mcp/remote`, {
    headers: {
      authorization: 'Bearer agt_a',
      accept: 'text/event-stream',
      'mcp-session-id': String(got.headers['mcp-session-id']),
    },
    signal: left.signal,
  });
  expect(stream.status).toBe(200);
  left.abort();
});

test('what a server says of a read before its permit is recorded is released with it, in order', async () => {
  port.early = 'recorded';
  const { messages } = await call('/mcp/local', 'progress');
  expect(messages).toMatchObject([{ method: 'notifications/progress' }, { id: 1, result: {} }]);
});

test('what a server logs over stdio goes to a call that asked for logs', async () => {
  const asked = { 'io.modelcontextprotocol/logLevel': 'info' };
  const log = { method: 'notifications/message' };
  expect((await call('/mcp/local', 'log', undefined, asked)).messages).toMatchObject([log, { id: 1 }]);
  expect((await call('/mcp/local', 'log')).messages).toMatchObject([{ id: 1 }]);
});

test('a claimed call whose stream ends without an answer is of unknown outcome', async () => {
  port.stepUp.add('slow');
  let told = 0;
  const got = await call('/mcp/remote', 'slow', () => {
    // First that it is held, then of its progress.
    if (++told === 1) port.answers.at(-1)?.('approved');
    else finish();
  });
  expect(got.messages.at(-1)).toEqual(PROGRESS);
  expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
});
