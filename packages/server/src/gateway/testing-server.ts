// A small MCP server over stdio for the tests of the doors. It does what its tools are called: echo answers with
// its arguments, progress tells progress first, ask puts a request to the client, sleep tells it too and never answers, die ends,
// log says so and answers, both answers and says something else in one breath, flood never ends its line, babble says a megabyte again and
// again without end, chatter answers what nobody asked without end, deaf answers and reads no more, deep says so
// and answers with arrays in arrays.
import { createInterface } from 'node:readline';

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: unknown;
    readonly _meta?: Record<string, unknown>;
  };
  readonly result?: unknown;
}

const TOOLS = [
  'echo',
  'progress',
  'ask',
  'sleep',
  'die',
  'log',
  'both',
  'flood',
  'babble',
  'chatter',
  'deaf',
  'deep',
].map((name) => ({
  name,
  inputSchema: { type: 'object' },
}));
const asked = new Map<string, string | number>();

function say(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** As fast as it is read, for ever. */
function endlessly(more: () => void): void {
  more();
  if (process.stdout.writableNeedDrain) process.stdout.once('drain', () => endlessly(more));
  else setImmediate(() => endlessly(more));
}

function progressed(params: NonNullable<Message['params']>): void {
  const { progressToken } = params['_meta'] ?? {};
  if (progressToken === undefined) return;
  const message = JSON.stringify(params.arguments);
  say({ method: 'notifications/progress', params: { progressToken, progress: 1, message } });
}

function call(id: string | number, params: NonNullable<Message['params']>): void {
  const answer = (text: string): void => say({ id, result: { content: [{ type: 'text', text }] } });
  switch (params.name) {
    case 'progress':
      progressed(params);
      answer(JSON.stringify(params.arguments));
      return;
    case 'ask':
      asked.set(`ask-${String(id)}`, id);
      say({ id: `ask-${String(id)}`, method: 'roots/list' });
      return;
    case 'sleep':
      progressed(params);
      return;
    case 'log':
      say({ method: 'notifications/message', params: { level: 'info', data: 'logged' } });
      answer('logged');
      return;
    case 'both': {
      const told = { method: 'notifications/message', params: { level: 'info', data: 'after' } };
      const lines = [{ id, result: { content: [] } }, told, { id: 'x', method: 'roots/list' }];
      process.stdout.write(lines.map((each) => `${JSON.stringify({ jsonrpc: '2.0', ...each })}\n`).join(''));
      return;
    }
    case 'flood':
      for (let written = 0; written < 65; written++) process.stdout.write('x'.repeat(1024 * 1024));
      return;
    case 'babble':
      endlessly(() =>
        say({ method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(2 ** 20) } }),
      );
      return;
    case 'chatter':
      endlessly(() => process.stdout.write('{"jsonrpc":"2.0","id":"nobody","result":{}}\n'.repeat(1000)));
      return;
    case 'deaf':
      answer('what?');
      lines.pause();
      process.stdin.pause();
      setInterval(() => {}, 1000);
      return;
    case 'deep': {
      const depth = 100_000;
      const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const token = JSON.stringify(params['_meta']?.['progressToken'] ?? null);
      process.stdout.write(
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${nested}}}\n` +
          `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":${nested}}}\n`,
      );
      return;
    }
    case 'die':
      process.exit(1);
      break;
    default:
      answer(JSON.stringify(params.arguments));
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, method, params = {}, result } = JSON.parse(line) as Message;
  if (id === undefined) return;
  if (method === undefined) {
    const waiting = asked.get(String(id));
    if (waiting !== undefined)
      say({ id: waiting, result: { content: [{ type: 'text', text: `told ${JSON.stringify(result)}` }] } });
    return;
  }
  if (method === 'initialize')
    say({
      id,
      result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 't', version: '1' } },
    });
  else if (method === 'tools/list') say({ id, result: { tools: TOOLS } });
  else if (method === 'tools/call') call(id, params);
  else say({ id, result: {} });
});
