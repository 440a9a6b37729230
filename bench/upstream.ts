// The hardest upstream to stand in front of: it answers plain JSON at once, in either era. Prints its address.
import { createServer } from 'node:http';

const TOOL = { name: 'read_item', description: 'Reads one item', inputSchema: { type: 'object' } };

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(405).end();
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as {
      id?: number;
      method: string;
      params?: Record<string, unknown>;
    };
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    if (params?.['name'] === 'stream_item') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const progress = { progressToken: 1, progress: 1 };
      response.write(
        `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: progress })}\n\n`,
      );
      const last = `data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } })}\n\n`;
      setTimeout(() => response.end(last), 10);
      return;
    }
    const body = JSON.stringify({ jsonrpc: '2.0', id, result: answer(method, params ?? {}) });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});

function answer(method: string, params: Record<string, unknown>): unknown {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params['protocolVersion'],
        capabilities: { tools: {} },
        serverInfo: { name: 'b', version: '1' },
      };
    case 'server/discover':
      return {
        resultType: 'complete',
        supportedVersions: ['2026-07-28'],
        capabilities: { tools: {} },
        ttlMs: 0,
        cacheScope: 'private',
      };
    case 'tools/list':
      return {
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
        tools: [TOOL, { ...TOOL, name: 'write_item' }, { ...TOOL, name: 'stream_item' }],
      };
    default:
      return { resultType: 'complete', content: [{ type: 'text', text: 'an item' }] };
  }
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null)
    process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
});
