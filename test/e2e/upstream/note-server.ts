// A real MCP server of both protocol eras over a folder of notes: it reads one, writes one. Argument: the
// folder; with `--http`, it listens on a free port and prints its address.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const [folder = '.', mode] = process.argv.slice(2);

function notes(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool(
    'read_note',
    { description: 'Read one note', inputSchema: z.object({ name: z.string() }) },
    ({ name }) => ({ content: [{ type: 'text', text: readFileSync(join(folder, name), 'utf8') }] }),
  );
  server.registerTool(
    'write_note',
    { description: 'Write one note', inputSchema: z.object({ name: z.string(), text: z.string() }) },
    async ({ name, text }) => {
      writeFileSync(join(folder, name), text);
      appendFileSync(join(folder, 'writes.log'), `${name}\n`);
      if (name.startsWith('slow-')) await new Promise((later) => setTimeout(later, 5000));
      return { content: [{ type: 'text', text: `wrote ${name}` }] };
    },
  );
  return server;
}

if (mode === '--http') {
  const handler = createMcpHandler(() => notes());
  const listener = getRequestListener((request) => handler.fetch(request));
  const server = createServer((request, response) => void listener(request, response));
  process.stdin.resume().on('end', () => process.exit(0));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) {
      process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
    }
  });
} else {
  serveStdio(() => notes());
}
