// A small MCP server that speaks one protocol era, or both, and what the other says it refuses. Its one tool notes what it
// was called with, in the order of its calls. Arguments: the folder of its notes, its name, the eras, and a port to listen on;
// without a port it speaks over stdio. A file `<name>.pid.<pid>` stands in the folder while it runs; a new file `<name>.end…`
// ends it as a crash would.
import { appendFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { randomUUID } from 'node:crypto';

type Era = '2025-11-25' | '2026-07-28';
interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

const [folder = '.', name = '', eras = '', port] = process.argv.slice(2);
const speaks = new Set(eras.split(',') as Era[]);

const alive = join(folder, `${name}.pid.${process.pid}`);
writeFileSync(alive, '');
process.once('exit', () => rmSync(alive, { force: true }));
process.once('SIGTERM', () => process.exit(0));
watch(folder, { persistent: false }, (_, file) => {
  if (file?.startsWith(`${name}.end`) !== true) return;
  rmSync(alive, { force: true });
  process.kill(process.pid, 'SIGKILL');
});

const INFO = { serverInfo: { name: 'matrix', version: '1' }, capabilities: { tools: {} } };
const SIGNED = { 'io.modelcontextprotocol/serverInfo': INFO.serverInfo };
const TOOL = {
  name: 'write_note',
  description: 'Write one note',
  inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
};

function eraOf({ params }: Message): Era {
  const meta = (params?.['_meta'] ?? {}) as Readonly<Record<string, unknown>>;
  return meta['io.modelcontextprotocol/protocolVersion'] === '2026-07-28' ? '2026-07-28' : '2025-11-25';
}

/** The answer to a request; undefined to a notification. */
function answer(message: Message): object | undefined {
  const { id, method, params } = message;
  if (id === undefined) return undefined;
  const era = eraOf(message);
  const fails = (code: number, text: string): object => ({
    jsonrpc: '2.0',
    id,
    error: { code, message: text },
  });
  if (!speaks.has(era))
    return era === '2026-07-28' ? fails(-32601, 'unknown method') : fails(-32602, 'the metadata is missing');
  const gives = (result: object, lasts: object = {}): object => ({
    jsonrpc: '2.0',
    id,
    result: era === '2026-07-28' ? { resultType: 'complete', ...result, ...lasts, _meta: SIGNED } : result,
  });
  switch (method) {
    case era === '2025-11-25' ? 'initialize' : undefined:
      return gives({ protocolVersion: '2025-11-25', ...INFO });
    case era === '2026-07-28' ? 'server/discover' : undefined:
      return gives({ supportedVersions: ['2026-07-28'], ...INFO }, { ttlMs: 0, cacheScope: 'private' });
    case 'ping':
      return gives({});
    case 'tools/list':
      return gives({ tools: [TOOL] }, { ttlMs: 0, cacheScope: 'private' });
    case 'tools/call': {
      const { name: note } = (params?.['arguments'] ?? {}) as { readonly name: string };
      appendFileSync(join(folder, 'writes.log'), `${note}\n`);
      return gives({ content: [{ type: 'text', text: `wrote ${note}` }] });
    }
    default:
      return fails(-32601, 'unknown method');
  }
}

async function bodyOf(request: IncomingMessage): Promise<Message> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Message;
}

if (port === undefined) {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const said = answer(JSON.parse(line) as Message);
    if (said !== undefined) process.stdout.write(`${JSON.stringify(said)}\n`);
  });
} else {
  const sessions = new Set<string>();
  const server = createServer((request, response) => {
    void (async () => {
      const session = request.headers['mcp-session-id'];
      const inSession = typeof session === 'string' && sessions.has(session);
      if (request.method === 'GET' && inSession) {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        return undefined;
      }
      if (request.method !== 'POST') return response.writeHead(405).end();
      const message = await bodyOf(request);
      const headers: Record<string, string> = {};
      if (eraOf(message) === '2025-11-25' && speaks.has('2025-11-25')) {
        if (message.method === 'initialize') {
          headers['mcp-session-id'] = randomUUID();
          sessions.add(headers['mcp-session-id']);
        } else if (!inSession) return response.writeHead(404).end();
      }
      const said = answer(message);
      if (said === undefined) return response.writeHead(202).end();
      const status = 'error' in said ? 400 : 200;
      return response
        .writeHead(status, { ...headers, 'content-type': 'application/json' })
        .end(JSON.stringify(said));
    })();
  });
  process.stdin.resume().on('end', () => process.exit(0));
  server.listen(Number(port), '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null)
      process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
  });
}
