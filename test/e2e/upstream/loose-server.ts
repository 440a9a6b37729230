// An MCP server that reads as parsers of Go and .NET do: case does not count, the last of two wins, and a message with a
// method is a request whatever else it is. Over HTTP it goes by the headers first. It writes down every call as it read
// it, one JSON object a line. Arguments: the file to write to, then one with its tools: a JSON list of pages. With
// `--http` it listens on a free port, prints its address, and ends with its standard input.
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createInterface } from 'node:readline';

const [record = '', tools = '', mode] = process.argv.slice(2);

function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** The last member of that name, in any case. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).findLast(([key]) => folded(key) === folded(name))?.[1];
}

function answer(message: unknown, headers: IncomingHttpHeaders): object | undefined {
  const method = headers['mcp-method'] ?? member(message, 'method');
  if (typeof method !== 'string') return undefined;
  const params = member(message, 'params');
  const result = resultOf(method, params, headers);
  return { jsonrpc: '2.0', id: member(message, 'id') ?? null, result };
}

function resultOf(method: string, params: unknown, headers: IncomingHttpHeaders): object {
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'loose', version: '1' };
      return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
    }
    case 'tools/list': {
      const pages = JSON.parse(readFileSync(tools, 'utf8')) as unknown[];
      const page = Number(member(params, 'cursor') ?? 0);
      const next = page + 1 < pages.length ? { nextCursor: String(page + 1) } : {};
      return { tools: pages[page] ?? [], ...next };
    }
    case 'tools/call': {
      const call = {
        name: headers['mcp-name'] ?? member(params, 'name'),
        arguments: member(params, 'arguments'),
      };
      appendFileSync(record, `${JSON.stringify(call)}\n`);
      return { content: [{ type: 'text', text: 'done' }] };
    }
    default:
      return {};
  }
}

if (mode === '--http') {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const said = body === '' ? undefined : answer(JSON.parse(body), request.headers);
      response.writeHead(said === undefined ? 202 : 200, { 'content-type': 'application/json' });
      response.end(said === undefined ? undefined : JSON.stringify(said));
    });
  });
  process.stdin.resume().on('end', () => process.exit(0));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null)
      process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
  });
} else {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const said = answer(JSON.parse(line), {});
    if (said !== undefined) process.stdout.write(`${JSON.stringify(said)}\n`);
  });
}
