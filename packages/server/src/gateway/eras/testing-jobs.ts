// Servers with one tool, `job`, that is done as a task alone; its argument `how` says what becomes of it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listening } from './testing-eras.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A message that a server was sent. */
export interface Sent {
  readonly id?: number | string;
  readonly method?: string;
  readonly params: Fields;
  readonly result?: Fields;
}

export interface Jobs {
  readonly url: string;
  readonly received: readonly Sent[];
  close(): void;
}

const TASKS = 'io.modelcontextprotocol/tasks';
const RELATED = 'io.modelcontextprotocol/related-task';
const FORM = { message: 'who?', requestedSchema: { type: 'object', properties: {} } };
const DONE = { content: [{ type: 'text', text: 'done' }] };
const at = '2026-11-24T12:00:00Z';

/** Of 2025-11-25, with sessions. */
export async function openOlderJobs(): Promise<Jobs> {
  let tasks = 0;
  const created = () => ({
    result: {
      task: { taskId: `task-${++tasks}`, status: 'working', createdAt: at, lastUpdatedAt: at, ttl: null },
    },
  });
  const received: Sent[] = [];
  let how = '';
  let cuts = 2;
  let asking: ((response: Fields) => void) | undefined;
  const answer = (message: Sent, response: ServerResponse): void => {
    const { id, method, params } = message;
    const say = (more: object): void =>
      void response
        .writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, ...more }));
    const fail = (code: number): void => say({ error: { code, message: 'no' } });
    switch (method) {
      case 'initialize':
        return say({
          result: {
            protocolVersion: '2025-11-25',
            capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
            serverInfo: { name: 'jobs', version: '1' },
          },
        });
      case 'tools/list': {
        const tool = { name: 'job', inputSchema: { type: 'object' } };
        return say({
          result: {
            tools: [
              { ...tool, execution: { taskSupport: 'required' } },
              { ...tool, name: 'may', execution: { taskSupport: 'optional' } },
            ],
          },
        });
      }
      case 'tools/call':
        how = String((params['arguments'] as Fields | undefined)?.['how']);
        if (params['name'] === 'may') return params['task'] === undefined ? say({ result: DONE }) : fail(-1);
        if (params['task'] === undefined) return fail(-32601);
        if (how === 'slow') return void setTimeout(() => say(created()), 200);
        return say(created());
      case 'tasks/result': {
        const over = { ...DONE, _meta: { [RELATED]: { taskId: 'task-1' }, 'a/b': 1 } };
        if (how === 'cut' && cuts-- > 0) return void response.destroy();
        if (how === 'gone' && cuts-- > 1) return void response.destroy();
        if (how === 'never') return;
        if (how === 'gone') return fail(-32602);
        if (how === 'fail' || how === 'cancelled') return fail(-32000);
        if (how === 'late' && cuts-- > 0) return void response.writeHead(504).end('too late');
        if (how === 'lost') return void response.writeHead(404).end();
        if (how !== 'ask' && how !== 'for another') return say({ result: over });
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const event = (said: object): void =>
          void response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...said })}\n\n`);
        const asked = { ...FORM, _meta: { [RELATED]: { taskId: 'task-1' } } };
        if (how === 'for another') {
          event({ id: 'q', method: 'elicitation/create', params: asked });
          event({ id, result: over });
          return void response.end();
        }
        asking = (given) => {
          event({ id, result: { content: [{ type: 'text', text: JSON.stringify(given) }] } });
          response.end();
        };
        return event({ id: 'q', method: 'elicitation/create', params: asked });
      }
      case 'tasks/get': {
        if (how === 'gone') return fail(-32602);
        if (how === 'lost') return void response.writeHead(404).end();
        const status = how === 'fail' ? 'failed' : how === 'cancelled' ? how : 'working';
        return say({ result: { taskId: 'task-1', status, createdAt: at, lastUpdatedAt: at, ttl: null } });
      }
      case 'tasks/cancel':
        return say({ result: { taskId: 'task-1', status: 'cancelled' } });
      default:
        if (message.result !== undefined) asking?.(message.result);
        response.writeHead(202).end();
    }
  };
  return await open(received, (message, response, { method }) => {
    if (method === 'POST') answer(message, response);
    else response.writeHead(405).end();
  });
}

/** Of 2026-07-28. How a task stands goes by `how`, a word for each time that it is asked for. */
export async function openNewerJobs(): Promise<Jobs> {
  const received: Sent[] = [];
  let stands: string[] = [];
  let given: unknown;
  let nagged = 0;
  return await open(received, ({ id, method, params }, response) => {
    const say = (status: number, more: object): void =>
      void response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, ...more }));
    const complete = (result: object): void =>
      say(200, { result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...result } });
    const meta = (params['_meta'] ?? {}) as Record<string, Fields | undefined>;
    const { extensions } = meta['io.modelcontextprotocol/clientCapabilities'] ?? {};
    const takes = Object.hasOwn(extensions ?? {}, TASKS);
    const task = { taskId: 'tâsk-1', createdAt: at, lastUpdatedAt: at, ttlMs: null, pollIntervalMs: 1 };
    switch (method) {
      case 'server/discover':
        return complete({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} } });
      case 'tools/list':
        return complete({ tools: [{ name: 'job', inputSchema: { type: 'object' } }] });
      case 'tools/call':
        stands = String((params['arguments'] as Fields | undefined)?.['how']).split(' ');
        if (stands[0] === 'odd') return say(200, { result: { resultType: 'odd', content: [] } });
        if (!takes && stands[0] !== 'unasked') {
          const data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
          return say(400, { error: { code: -32021, message: 'a task alone', data } });
        }
        const rare = stands[0] === 'rare' ? { pollIntervalMs: 300_000 } : {};
        setTimeout(
          () => say(200, { result: { resultType: 'task', ...task, ...rare, status: 'working' } }),
          stands[0] === 'slow' ? 200 : 0,
        );
        return;
      case 'tasks/get': {
        const status = stands.length > 1 ? stands.shift() : stands[0];
        if (!takes) return say(400, { error: { code: -32021, message: 'no' } });
        if (status === 'lost') return say(200, { error: { code: -32603, message: 'no' } });
        const text = given === undefined ? 'done' : JSON.stringify(given);
        return complete({
          ...task,
          status,
          ...(status === 'completed' ? { result: { content: [{ type: 'text', text }] } } : {}),
          ...(status === 'vague' ? { status: 'failed', error: {} } : {}),
          ...(status === 'empty' ? { status: 'completed' } : {}),
          ...(status === 'failed' ? { error: { code: -32050, message: 'broken' } } : {}),
          ...(status === 'input_required' || status === 'deaf'
            ? {
                status: 'input_required',
                inputRequests: { who: { method: 'elicitation/create', params: FORM } },
              }
            : {}),
          ...(status === 'nag'
            ? {
                status: 'input_required',
                inputRequests: { [`who-${nagged++}`]: { method: 'elicitation/create', params: FORM } },
              }
            : {}),
        });
      }
      case 'tasks/update':
        if (stands[0] === 'deaf' || stands[0] === 'unheard') {
          if (stands.length > 1) stands.shift();
          return say(503, {});
        }
        given = params['inputResponses'];
        return complete({});
      case 'tasks/cancel':
        return complete({});
      default:
        return say(404, { error: { code: -32601, message: 'unknown' } });
    }
  });
}

async function open(
  received: Sent[],
  answer: (message: Sent, response: ServerResponse, request: IncomingMessage) => void,
): Promise<Jobs> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const message = { params: {}, ...(JSON.parse(text === '' ? '{}' : text) as object) };
      received.push(message);
      answer(message, response, request);
    });
  });
  return {
    url: `http://127.0.0.1:${await listening(server)}/mcp`,
    received,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
