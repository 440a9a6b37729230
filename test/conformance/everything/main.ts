// An MCP server of both eras with all that the official conformance suite's scenarios need. With `--http` it listens
// on a free port and prints its address; otherwise it speaks over stdio, without tasks. With `--only legacy` or
// `--only modern` it speaks one of the eras alone.
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  originValidationResponse,
} from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { everything } from './server.ts';
import { Sessions } from './sessions.ts';
import { Tasks } from './tasks.ts';

const only = process.argv.includes('--only') ? process.argv.at(-1) : undefined;
if (process.argv[2] === '--http') listen();
else if (only === 'legacy') await everything('legacy').connect(new StdioServerTransport());
else serveStdio(({ era }) => everything(era), { legacy: only === 'modern' ? 'reject' : 'serve' });

function listen(): void {
  const sessions = new Sessions();
  const modern = createMcpHandler(({ era }) => everything(era, { changes, tasks: true }), {
    legacy: 'reject',
  });
  const tasks = new Tasks();
  const changes = {
    tools: () => modern.notify.toolsChanged(),
    prompts: () => modern.notify.promptsChanged(),
  };
  const listener = getRequestListener(async (request) => {
    const local = localhostAllowedHostnames();
    const refused = hostHeaderValidationResponse(request, local) ?? originValidationResponse(request, local);
    if (refused !== undefined) return refused;
    if (only === 'legacy' || (only === undefined && (await isLegacyRequest(request))))
      return await sessions.fetch(request);
    return (await tasks.fetch(request)) ?? (await modern.fetch(request));
  });
  const server = createServer((request, response) => void listener(request, response));
  // It ends with whoever started it.
  process.stdin.resume().on('end', () => process.exit(0));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) {
      process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
    }
  });
}
