import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Received } from './testing-doors.ts';

const TOOLS = ['reset', 'half', 'half_stream', 'hang', 'hang_stream', 'answered_stream', 'guarded', 'fine'];

/** What the answer to `initialize` says, and no other answer is hurt by. */
const SESSION = { protocolVersion: '2025-11-25', capabilities: {} };

/** What a faulty server has of requests that it never answers. */
export interface Hanging {
  readonly open: Set<ServerResponse>;
}

/** An MCP server over HTTP that fails as its tools are called; everything else it answers. */
export function faultyServer(received: Received[], hanging: Hanging): Server {
  return createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      received.push({ headers: request.headers, body });
      const { id, method, params } = body as { id?: unknown; method?: string; params?: { name?: string } };
      if (id === undefined) return void response.writeHead(202).end();
      const tools = TOOLS.map((name) => ({ name, inputSchema: { type: 'object' } }));
      const answer = JSON.stringify({ jsonrpc: '2.0', id, result: { ...SESSION, content: [], tools } });
      const json = { 'content-type': 'application/json' };
      const events = { 'content-type': 'text/event-stream' };
      const cut = (): void => void setTimeout(() => response.destroy(), 50);
      switch (method === 'tools/call' ? params?.name : 'fine') {
        case 'reset':
          return request.socket.destroy();
        case 'half':
          response.writeHead(200, { ...json, 'content-length': answer.length }).write(answer.slice(0, 20));
          return cut();
        case 'half_stream':
          response.writeHead(200, events).write(`data: ${answer.slice(0, 20)}`);
          return cut();
        case 'guarded':
          return void response.writeHead(401, { 'www-authenticate': 'Bearer scope="all"' }).end();
        case 'hang':
        case 'hang_stream':
        case 'answered_stream':
          if (params?.name === 'hang_stream') response.writeHead(200, events).write(': wait\n\n');
          if (params?.name === 'answered_stream')
            response.writeHead(200, events).write(`data: ${answer}\n\n`);
          hanging.open.add(response);
          response.once('close', () => hanging.open.delete(response));
          return undefined;
        default:
          if (method === 'initialize') response.setHeader('mcp-session-id', 'one');
          return void response.writeHead(200, json).end(answer);
      }
    });
  });
}
