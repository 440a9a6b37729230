// The limit: a hop that only forwards, by the same means as the gateway. Arguments: where to, and a file on which each call is
// noted durably before its answer leaves, those of one turn together, which is the limit of what keeps a log. Prints its address.
import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';

const target = new URL(process.argv[2] ?? '');
const pool = new Pool(target.origin, { connections: 64 });
const log = process.argv[3] === undefined ? undefined : openSync(process.argv[3], 'w');
/** As long as an entry of our log is in its pages. */
const NOTE = Buffer.alloc(1024, 'x');
/** Written over again and again, as a write-ahead log is: to sync a file that grows takes the disk several times as long. */
const LOG_BYTES = 4 * 1024 * 1024;
let end = 0;
let waiting: (() => void)[] = [];
if (log !== undefined) {
  writeSync(log, Buffer.alloc(LOG_BYTES), 0, LOG_BYTES, 0);
  fdatasyncSync(log);
}

function noted(): Promise<void> | undefined {
  if (log === undefined) return undefined;
  return new Promise((synced) => {
    if (waiting.push(synced) === 1) setImmediate(() => syncAll(log));
  });
}

function syncAll(file: number): void {
  const synced = waiting;
  waiting = [];
  const notes = Buffer.concat(synced.map(() => NOTE));
  if (end + notes.length > LOG_BYTES) end = 0;
  writeSync(file, notes, 0, notes.length, end);
  end += notes.length;
  fdatasyncSync(file);
  for (const each of synced) each();
}

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(405).end();
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const synced = noted();
    const asked = {
      path: target.pathname,
      method: 'POST' as const,
      body: Buffer.concat(chunks),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...protocolHeaders(request.headers),
      },
    };
    if (synced === undefined) {
      void pool.stream(asked, ({ statusCode, headers }) =>
        response.writeHead(statusCode, headers as Record<string, string>),
      );
      return;
    }
    void Promise.all([pool.request(asked), synced]).then(([{ statusCode, headers, body }]) =>
      body.pipe(response.writeHead(statusCode, headers)),
    );
  });
});

function protocolHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('mcp-')) as [string, string][],
  );
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null)
    process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
});
