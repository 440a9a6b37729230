// An MCP server of 2025-11-25 over HTTP that keeps sessions and, with `--tasks`, has tasks of its own: it writes notes,
// and `write_note` is a task alone there. Its answers come as events, and what writes says so first. Arguments: the
// folder; prints its address. Each session that it opens and ends is a line of sessions.log.
import { randomUUID } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

const [folder = '.', mode] = process.argv.slice(2);
const hasTasks = mode === '--tasks';

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: { readonly name: string; readonly text: string };
    readonly task?: object;
    readonly taskId?: string;
  };
}

const sessions = new Set<string>();
const results = new Map<string, object>();
const OPEN = { type: 'object', properties: { name: { type: 'string' }, text: { type: 'string' } } };
const TOOLS = ['write_note', 'plain_note'].map((name) => ({
  name,
  inputSchema: OPEN,
  ...(hasTasks && name === 'write_note' ? { execution: { taskSupport: 'required' } } : {}),
}));

function taskOf(taskId: string): object {
  const at = new Date().toISOString();
  return { taskId, status: 'working', createdAt: at, lastUpdatedAt: at, ttl: 60_000, pollInterval: 10 };
}

function note({ name, text }: { readonly name: string; readonly text: string }): object {
  writeFileSync(join(folder, name), text);
  appendFileSync(join(folder, 'writes.log'), `${name}\n`);
  return { content: [{ type: 'text', text: `wrote ${name}` }] };
}

function answer({ id, method, params = {} }: Message): object {
  const ok = (result: object): object => ({ jsonrpc: '2.0', id, result });
  const failed = (code: number): object => ({ jsonrpc: '2.0', id, error: { code, message: 'no' } });
  switch (method) {
    case 'initialize': {
      const tasks = hasTasks ? { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } } : {};
      const serverInfo = { name: 'sessions', version: '1' };
      return ok({ protocolVersion: '2025-11-25', capabilities: { tools: {}, ...tasks }, serverInfo });
    }
    case 'tools/list':
      return ok({ tools: TOOLS });
    case 'tools/call': {
      const wrote = { name: '', text: '', ...params.arguments };
      const isTask = hasTasks && params.name === 'write_note';
      if (!isTask) return ok(note(wrote));
      if (params.task === undefined) return failed(-32601);
      const taskId = randomUUID();
      results.set(taskId, note(wrote));
      return ok({ task: taskOf(taskId) });
    }
    case 'tasks/list':
      return ok({ tasks: [...results.keys()].map(taskOf) });
    case 'tasks/get':
    case 'tasks/result': {
      const result = results.get(params.taskId ?? '');
      if (result === undefined) return failed(-32602);
      return ok(method === 'tasks/get' ? taskOf(params.taskId ?? '') : result);
    }
    default:
      return failed(-32601);
  }
}

async function read(request: IncomingMessage): Promise<Message> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return JSON.parse(body === '' ? '{}' : body) as Message;
}

const server = createServer((request, response) => {
  void read(request).then((message) => {
    const session = String(request.headers['mcp-session-id'] ?? '');
    if (message.method !== 'initialize' && !sessions.has(session)) return response.writeHead(404).end();
    if (request.method === 'GET') return response.writeHead(405).end();
    if (request.method === 'DELETE') {
      sessions.delete(session);
      appendFileSync(join(folder, 'sessions.log'), `end ${session}\n`);
      return response.writeHead(200).end();
    }
    if (message.id === undefined || message.method === undefined) return response.writeHead(202).end();
    const said = answer(message);
    if (message.method === 'initialize') {
      const opened = randomUUID();
      sessions.add(opened);
      appendFileSync(join(folder, 'sessions.log'), `open ${opened}\n`);
      response.setHeader('mcp-session-id', opened);
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // A client that declares nothing is asked all the same, and must say so.
    if (message.method === 'tools/call')
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 'x', method: 'ping' })}\n\n`);
    return response.end(`data: ${JSON.stringify(said)}\n\n`);
  });
});
process.stdin.resume().on('end', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null)
    process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
});
