import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Database } from '../../stores/sqlite/database.ts';
import { SqliteParkedCalls } from '../../stores/sqlite/parked-calls.ts';
import { createHttpGateway } from '../http-door.ts';
import { ScriptedPort } from '../testing.ts';
import { ask, type Ask, type Got } from '../testing-client.ts';

/** A server of the older era alone, over stdio. */
const OLDER = fileURLToPath(new URL('../testing-server.ts', import.meta.url));

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params: {
    readonly name?: string;
    readonly requestState?: string;
    readonly inputResponses?: object;
    readonly _meta?: object;
  };
}

/** A gateway under a steered authority: `/mcp/older` to a server of the older era, `/mcp/newer` to one of the newer alone. */
export interface Eras {
  readonly port: ScriptedPort;
  /** What the server of the newer era was sent. */
  readonly received: readonly Message[];
  ask(path: string, message?: object, how?: Ask): Promise<Got>;
  /** Somebody approves what waits for consent, or is the next to. */
  approve(): Promise<void>;
  close(): Promise<void>;
}

/** `more`: further servers, by name and address. */
export async function openEras(more: Readonly<Record<string, string>> = {}): Promise<Eras> {
  const port = new ScriptedPort();
  const received: Message[] = [];
  const newer = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Message;
      received.push(message);
      const [status, answer] = newerAnswer(message);
      const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answer });
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  const gateway = createHttpGateway({
    store: new SqliteParkedCalls(new Database(':memory:'), 't'),
    port: async () => port,
    clock: Date.now,
    upstreams: [
      {
        name: 'older',
        when_pending: ['task', 'url', 'hold'],
        era: 'auto',
        kind: 'stdio',
        command: process.execPath,
        args: [OLDER],
        env: {},
        cwd: '.',
      },
      ...Object.entries({ newer: `http://127.0.0.1:${await listening(newer)}/mcp`, ...more }).map(
        ([name, url]) => ({
          name,
          when_pending: ['task', 'url', 'hold'] as const,
          era: 'auto' as const,
          kind: 'http' as const,
          url,
          headers: {},
        }),
      ),
    ],
    issuer: 'cs.example',
    holdMs: 20_000,
    // `agt_a.ann` is the agent on behalf of Ann.
    identify: async ({ authorization }) => {
      const [, agentId, sub] = /^Bearer (agt_[a-z]+)(?:\.(\w+))?$/.exec(authorization ?? '') ?? [];
      if (agentId === undefined) return undefined;
      const delegation = sub === undefined ? {} : { delegation: { iss: 'https://as.example', sub } };
      return { agentId, active: true, port, ...delegation };
    },
    complain: () => {},
    overheard: () => {},
  });
  const door = createServer((request, response) => void gateway.handle(request, response));
  const base = `http://127.0.0.1:${await listening(door)}`;
  return {
    port,
    received,
    ask: (path, message, how) => ask(base + path, message, how),
    async approve() {
      while (port.answers.length === 0) await new Promise((later) => setTimeout(later, 10));
      for (const answer of port.answers.splice(0)) answer('approved');
    },
    async close() {
      for (const server of [door, newer]) {
        server.closeAllConnections();
        server.close();
      }
      await gateway.close();
    },
  };
}

/** It asks for a name before it acts, or again and again where it nags, and refuses whatever it does not know. */
function newerAnswer({ method, params }: Message): [number, object] {
  const meta = { ...params['_meta'] } as Record<string, unknown>;
  if (meta['io.modelcontextprotocol/protocolVersion'] !== '2026-07-28')
    return [400, { error: { code: -32022, message: 'unsupported', data: { supported: ['2026-07-28'] } } }];
  const complete = (result: object): [number, object] => [
    200,
    { result: { resultType: 'complete', ...result } },
  ];
  switch (method) {
    case 'server/discover':
      return complete({ supportedVersions: ['2026-07-28'], capabilities: { tools: {}, logging: {} } });
    case 'tools/list':
      return complete({ ttlMs: 0, cacheScope: 'private', tools: ['act', 'nag', 'lack'].map(named) });
    case 'tools/call': {
      if (params.name === 'lack') return [400, { error: { code: -32021, message: 'needs sampling' } }];
      if (params.requestState === 's1' && params.name !== 'nag')
        return complete({ content: [{ type: 'text', text: JSON.stringify(params.inputResponses) }] });
      const asked = {
        method: 'elicitation/create',
        params: { message: 'who?', requestedSchema: { type: 'object' } },
      };
      return [
        200,
        { result: { resultType: 'input_required', inputRequests: { who: asked }, requestState: 's1' } },
      ];
    }
    default:
      return [404, { error: { code: -32601, message: 'unknown' } }];
  }
}

function named(name: string): object {
  return { name, inputSchema: { type: 'object' } };
}

export async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as { port: number }).port;
}
