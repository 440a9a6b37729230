// An MCP server over stdio that reads as loosely as many do, and writes down every call that reaches it, one JSON
// object a line. Arguments: the file to write to, then the names of its tools.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [record = '', ...tools] = process.argv.slice(2);

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: unknown };
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as Message;
  if (id === undefined) return;
  switch (method) {
    case 'initialize':
      return say({
        id,
        result: {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'recorder', version: '1' },
        },
      });
    case 'tools/list':
      return say({ id, result: { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) } });
    case 'tools/call':
      appendFileSync(record, `${JSON.stringify(params)}\n`);
      return say({ id, result: { content: [{ type: 'text', text: 'done' }] } });
    default:
      return say({ id, error: { code: -32601, message: 'unknown method' } });
  }
});
