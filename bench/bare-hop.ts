// The limit: a hop that only forwards, by the same means as the gateway. Argument: where to. Prints its address.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';

const target = new URL(process.argv[2] ?? '');
const pool = new Pool(target.origin, { connections: 64 });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void pool.stream(
      {
        path: target.pathname,
        method: 'POST',
        body: Buffer.concat(chunks),
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...protocolHeaders(request.headers),
        },
      },
      ({ statusCode, headers }) => response.writeHead(statusCode, headers as Record<string, string>),
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
