import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { DEFAULT_LIMITS, type Limits } from '../config/limits.ts';
import { Database } from '../stores/sqlite/database.ts';
import { SqliteParkedCalls } from '../stores/sqlite/parked-calls.ts';
import type { Load } from './admission.ts';
import { createHttpGateway } from './http-door.ts';
import { ScriptedPort } from './testing.ts';
import { ask, type Ask, type Got } from './testing-client.ts';

const COPY_MAPPING = {
  evaluations: {
    subject: { type: 'identity', id: '$token.sub' },
    evaluations: [
      { action: { name: 'read' }, resource: { type: 'object', id: '$params.arguments.source' } },
      { action: { name: 'write' }, resource: { type: 'object', id: '$params.arguments.destination' } },
    ],
  },
};
export const CHILD: string = fileURLToPath(new URL('testing-server.ts', import.meta.url));
export const MODERN = '2026-07-28';
export const VERSION = 'io.modelcontextprotocol/protocolVersion';
/** What each request of the stateless era says. */
export const META = { [VERSION]: MODERN, 'io.modelcontextprotocol/clientCapabilities': {} };
export const CONSENT = 'io.countersign/consent';

/** What the upstream at a URL was sent. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** Two doors under a steered authority: `/mcp/local` to a server that is started, `/mcp/remote` to one at a URL. */
export interface Doors {
  readonly port: ScriptedPort;
  /** Agents that are suspended; each `agt_...` is one. */
  readonly suspended: Set<string>;
  readonly received: readonly Received[];
  /** What an operator was told. */
  readonly complaints: readonly string[];
  /** What is under way at them. */
  underWay(): Load;
  /** Where they listen. */
  readonly url: string;
  ask(path: string, message?: object, how?: Ask): Promise<Got>;
  /** Opens a session and answers its id. */
  open(agent?: string, path?: string): Promise<string>;
  drain(): void;
  closeRemote(): Promise<void>;
  close(): Promise<void>;
}

/** `endless` is where a third door leads, at `/mcp/endless`; `timeoutMs` is how long the servers have. */
export async function openDoors(
  limits: Partial<Limits> = {},
  endless = 'http://127.0.0.1:1',
  remoteOf: (received: Received[]) => Server = remoteServer,
  timeoutMs?: number,
): Promise<Doors> {
  const port = new ScriptedPort();
  const suspended = new Set<string>();
  const received: Received[] = [];
  const complaints: string[] = [];
  const remote = remoteOf(received);
  const url = `http://127.0.0.1:${await listening(remote)}/mcp`;
  const limit = timeoutMs === undefined ? {} : { timeout_ms: timeoutMs };
  const gateway = createHttpGateway({
    store: new SqliteParkedCalls(new Database(':memory:'), 't'),
    port: async () => port,
    clock: Date.now,
    upstreams: [
      {
        name: 'local',
        when_pending: ['task', 'url', 'hold'],
        kind: 'stdio',
        command: process.execPath,
        args: [CHILD],
        env: {},
        cwd: '.',
        ...limit,
      },
      {
        name: 'remote',
        when_pending: ['task', 'hold'],
        kind: 'http',
        url,
        headers: { authorization: 'Bearer ours' },
        ...limit,
      },
      { name: 'endless', when_pending: ['hold'], kind: 'http', url: endless, headers: {} },
    ],
    issuer: 'cs.example',
    holdMs: 20_000,
    limits: { ...DEFAULT_LIMITS, ...limits },
    identify: async ({ authorization }) => {
      const [, agentId] = /^Bearer (agt_\w+)$/.exec(authorization ?? '') ?? [];
      return agentId === undefined ? undefined : { agentId, active: !suspended.has(agentId), port };
    },
    complain: (_upstream, text) => complaints.push(text),
    overheard: () => {},
  });
  const server = createServer((request, response) => void gateway.handle(request, response));
  const base = `http://127.0.0.1:${await listening(server)}`;
  return {
    port,
    suspended,
    received,
    complaints,
    url: base,
    underWay: () => gateway.underWay,
    ask: (path, message, how) => ask(base + path, message, how),
    async open(agent = 'agt_a', path = '/mcp/local') {
      const params = { protocolVersion: '2025-11-25' };
      const got = await ask(base + path, { id: 0, method: 'initialize', params }, { agent });
      if (got.status !== 200) throw new Error(`no session: ${got.text}`);
      return String(got.headers['mcp-session-id']);
    },
    drain: () => gateway.drain(),
    async closeRemote() {
      remote.closeAllConnections();
      await new Promise((closed) => remote.close(closed));
    },
    async close() {
      server.closeAllConnections();
      remote.closeAllConnections();
      server.close();
      remote.close();
      await gateway.close();
    },
  };
}

/** The last message, which answers. */
export function answerOf({ messages }: Got): Record<string, never> {
  return (messages.at(-1) ?? {}) as Record<string, never>;
}

/** A call of the older era. */
export function tool(id: number | string, name: string, args: object = {}, meta?: object): object {
  const params = { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) };
  return { id, method: 'tools/call', params };
}

/** A call of the stateless era and its headers. */
export function modern(
  id: number,
  name: string,
  args: object = {},
  meta: object = {},
): [object, Record<string, string>] {
  const message = tool(id, name, args, { ...META, ...meta });
  return [message, { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': name }];
}

/** A server that notes each message that it is sent, and answers it as it is told to; a client may listen to it besides. */
export function notingServer(
  received: Received[],
  answer: (body: Record<string, unknown>, response: ServerResponse) => void,
  listens?: (response: ServerResponse) => void,
): Server {
  return createServer((request, response) => {
    if (request.method === 'GET' && listens !== undefined) return listens(response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      received.push({ headers: request.headers, body });
      answer(body, response);
    });
  });
}

function remoteServer(received: Received[]): Server {
  return notingServer(received, (body, response) => {
    const properties = { to: { 'x-mcp-header': 'To' } };
    const echo = { name: 'echo', inputSchema: { type: 'object', properties } };
    const copy = { name: 'copy', inputSchema: { type: 'object', 'x-authzen-mapping': COPY_MAPPING } };
    const answer =
      body['method'] === 'tools/list'
        ? JSON.stringify({ jsonrpc: '2.0', id: body['id'], result: { tools: [echo, copy] } })
        : `{"jsonrpc":"2.0", "result":{"big":12345678901234567890,"content":[]},"id":${JSON.stringify(body['id'])} }`;
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as { port: number }).port;
}
