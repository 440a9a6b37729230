import type { JsonObject, JsonValue } from '@countersign/core';
import type { UpstreamConfig } from '../config/config.ts';
import { BridgeHttp, type Session } from '../gateway/bridge-http.ts';
import { lookAt } from '../gateway/bridged-message.ts';
import { ChildServer, type ServerLine } from '../gateway/child-server.ts';
import { openCredential } from '../gateway/credential/open-credential.ts';
import { messagesOf } from '../gateway/event-stream.ts';
import { isObject, MODERN } from '../gateway/message.ts';
import { RemoteWire } from '../gateway/remote-wire.ts';
import type { OpenConnection } from '../gateway/server-connection.ts';
import { SseServers } from '../gateway/sse-server.ts';
import { SESSION } from '../gateway/upstream.ts';

const LEGACY = '2025-11-25';
const CLIENT = { name: 'countersign doctor', version: '1.0.0' };
const MODERN_META: JsonObject = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': CLIENT,
  'io.modelcontextprotocol/clientCapabilities': {},
};
const MAX_PAGES = 100;

/** One way to speak to a server: a request and its answer, and a notification. Rejects with a reason in words. */
interface Line {
  request(message: JsonObject & { readonly id: number }): Promise<JsonObject>;
  notify(message: JsonObject): Promise<void>;
  close(): Promise<void>;
}

/** The tools that an upstream lists now, by a short conversation of our own. Rejects with a reason in words. */
export async function probeTools(
  upstream: UpstreamConfig,
  timeoutMs: number,
): Promise<readonly JsonObject[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const line =
    upstream.kind === 'stdio'
      ? overConnection((each) => new ChildServer(upstream, { line: each, overheard: () => {} }))
      : upstream.transport === 'sse'
        ? overSse(upstream)
        : overHttp(upstream.url, await credentialOf(upstream), signal);
  const late = new Promise<never>((_, rejected) => {
    signal.addEventListener('abort', () => rejected(new Error(`no answer within ${timeoutMs / 1000} s`)));
  });
  try {
    return await Promise.race([listed(line), late]);
  } finally {
    await line.close();
  }
}

async function listed(line: Line): Promise<readonly JsonObject[]> {
  const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT };
  const hello = await line.request({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  // A server of the stateless era alone refuses to open a session, and lists without one.
  const meta: JsonObject = isObject(hello['result']) ? {} : { _meta: MODERN_META };
  if (isObject(hello['result'])) await line.notify({ jsonrpc: '2.0', method: 'notifications/initialized' });
  const tools: JsonObject[] = [];
  let cursor: JsonValue | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await line.request({
      jsonrpc: '2.0',
      id: page + 2,
      method: 'tools/list',
      params: { ...meta, ...(cursor === undefined ? {} : { cursor }) },
    });
    const { result, error } = answer;
    if (!isObject(result)) {
      const said = isObject(error) && typeof error['message'] === 'string' ? `: ${error['message']}` : '';
      throw new Error(`does not list its tools${said}`);
    }
    const { tools: some, nextCursor } = result;
    if (Array.isArray(some)) tools.push(...(some as readonly JsonValue[]).filter((tool) => isObject(tool)));
    if (typeof nextCursor !== 'string') break;
    cursor = nextCursor;
  }
  return tools;
}

function overSse(upstream: UpstreamConfig & { readonly kind: 'http' }): Line {
  let why = '';
  const complain = (text: string): void => void (why = text);
  const servers = new SseServers(
    upstream.url,
    new RemoteWire(upstream, openCredential(upstream, undefined, complain), complain),
  );
  const line = overConnection(servers.open(''), () => why);
  return {
    ...line,
    async close() {
      await line.close();
      await servers.close();
    },
  };
}

/** `why` knows better why it ended. */
function overConnection(open: OpenConnection, why: () => string = () => ''): Line {
  const waiting = new Map<number, (line: ServerLine) => void>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const child = open((line) => {
    if (typeof line.id === 'number' && line.method === undefined) waiting.get(line.id)?.(line);
  });
  void child.exited.then((end) =>
    failed.reject(new Error(why() || (end.kind === 'died' ? end.how : 'it ended before it answered'))),
  );
  return {
    async request(message) {
      const answer = new Promise<ServerLine>((answered) => waiting.set(message.id, answered));
      child.send(message).catch(() => {});
      return (await Promise.race([answer, failed.promise])).value;
    },
    notify: (message) => child.send(message),
    close: () => child.close(),
  };
}

/** What lets us in, by a token where one is asked for. Rejects with a reason in words. */
async function credentialOf(
  upstream: UpstreamConfig & { readonly kind: 'http' },
): Promise<Readonly<Record<string, string>>> {
  let why = '';
  const credential = openCredential(upstream, undefined, (text) => void (why = text));
  return await credential.headers('').catch(() => {
    throw new Error(why);
  });
}

function overHttp(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Line {
  const http = new BridgeHttp(url, headers);
  let session: Session | undefined;
  const send = (message: JsonObject) =>
    http.send(session, lookAt(Buffer.from(JSON.stringify(message))), signal);
  return {
    async request(message) {
      const answer = await send(message).catch((error: unknown) => {
        throw new Error(
          `cannot be reached (${error instanceof Error && 'code' in error ? String(error.code) : String(error)})`,
        );
      });
      const { statusCode, headers: said } = answer;
      const body = Buffer.from(await answer.body.arrayBuffer());
      if (statusCode === 401 || statusCode === 403)
        throw new Error(`answers ${statusCode}: give it a credential under \`headers\` or \`credential\``);
      const found = messagesOf(String(said['content-type'] ?? ''), body).find(({ id }) => id === message.id);
      if (found === undefined)
        throw new Error(`answers ${statusCode} and no message: is this the address of an MCP server?`);
      const id = said[SESSION];
      if (typeof id === 'string') session = { id, version: LEGACY };
      return found;
    },
    async notify(message) {
      await (await send(message)).body.dump();
    },
    close: () => http.leave(session),
  };
}
