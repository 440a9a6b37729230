import { randomUUID } from 'node:crypto';
import { CLIENT_CAPABILITIES_META_KEY, type CallToolResult } from '@modelcontextprotocol/server';
import { form } from './asking-tools.ts';

/** The extension that makes calls into tasks (SEP-2663). The SDK does not speak it, so its wire is spoken here. */
export const TASKS = 'io.modelcontextprotocol/tasks';

type Fields = Readonly<Record<string, unknown>>;
interface Call {
  readonly id: string | number;
  readonly method: string;
  readonly params: Fields;
}
/** What a task waits for, and what it does when it has it. */
interface Work {
  readonly inputs?: Record<string, object>;
  readonly afterMs: number;
  readonly run: (answers: Fields) => { readonly result: CallToolResult } | { readonly error: object };
}

interface Task {
  readonly taskId: string;
  readonly createdAt: string;
  readonly ttlMs: number;
  readonly pollIntervalMs: number;
  status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  lastUpdatedAt: string;
  inputRequests?: Record<string, object>;
  result?: CallToolResult;
  error?: object;
}

const POLL_MS = 50;
const JOB_MS = 50;
/** Tools that can be done as a task alone. */
const REQUIRED: ReadonlySet<string> = new Set(['failing_job', 'test_tool_with_task']);

const confirmation = (message: string): object =>
  form(message, { type: 'object', properties: { confirm: { type: 'boolean' } } });
const NAME = form('Who are you?', {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
});

/** The work of each tool for these arguments; undefined where it answers at once. */
const WORK: Readonly<Record<string, (args: Fields, answers: Fields) => Work | undefined>> = {
  slow_compute: ({ seconds, label }) =>
    seconds === 0
      ? undefined
      : { afterMs: Number(seconds) * 1000, run: () => ({ result: text(`computed ${String(label)}`) }) },
  failing_job: () => ({ afterMs: JOB_MS, run: () => ({ result: { ...text('it failed'), isError: true } }) }),
  protocol_error_job: () => ({
    afterMs: JOB_MS,
    run: () => ({ error: { code: -32603, message: 'broken' } }),
  }),
  confirm_delete: ({ filename }) => ({
    inputs: { confirm: confirmation(`Delete ${String(filename)}?`) },
    afterMs: 0,
    run: (answers) => ({ result: text(JSON.stringify(answers)) }),
  }),
  multi_input: () => ({
    inputs: { first: confirmation('First?'), second: confirmation('Second?') },
    afterMs: 0,
    run: (answers) => ({ result: text(JSON.stringify(answers)) }),
  }),
  test_tool_with_task: (_args, answers) => ({
    afterMs: JOB_MS,
    run: () => ({ result: text(`for ${JSON.stringify(answers['user_name'])}`) }),
  }),
};

/** The tasks of one server, and the tools that become tasks. */
export class Tasks {
  readonly #tasks = new Map<string, { readonly task: Task; readonly work: Work; answers: Fields }>();

  /** Answers what concerns tasks; undefined for everything else, which is the server's own. */
  async fetch(request: Request): Promise<Response | undefined> {
    const call = (await request
      .clone()
      .json()
      .catch(() => ({}))) as Partial<Call>;
    const { id, method = '', params = {} } = call;
    if (id === undefined) return undefined;
    const named = method === 'tools/call' ? params['name'] : params['taskId'];
    const isTasks = /^tasks\/(?:get|update|cancel)$/.test(method);
    const begin =
      method === 'tools/call' && Object.hasOwn(WORK, String(named)) ? WORK[String(named)] : undefined;
    if (!isTasks && begin === undefined) return undefined;
    const { headers } = request;
    if (headers.get('mcp-method') !== method || headers.get('mcp-name') !== named) {
      return failed(id, -32020, 'the headers do not match the body', {}, 400);
    }
    const declared = hasTasks(params);
    if (!declared && (isTasks || REQUIRED.has(String(named)))) {
      const requiredCapabilities = { extensions: { [TASKS]: {} } };
      return failed(id, -32021, 'the tasks extension is needed', { requiredCapabilities }, 400);
    }
    if (isTasks) return this.#about(id, method, String(named), params);
    return declared && begin !== undefined ? this.#begin(id, String(named), params, begin) : undefined;
  }

  #begin(
    id: Call['id'],
    tool: string,
    params: Fields,
    begin: (args: Fields, answers: Fields) => Work | undefined,
  ): Response | undefined {
    const answers = (params['inputResponses'] ?? {}) as Fields;
    if (tool === 'test_tool_with_task' && answers['user_name'] === undefined) {
      return answered(id, { resultType: 'input_required', inputRequests: { user_name: NAME } });
    }
    const work = begin((params['arguments'] ?? {}) as Fields, answers);
    if (work === undefined) return undefined;
    const now = new Date().toISOString();
    const task: Task = {
      taskId: randomUUID(),
      status: work.inputs === undefined ? 'working' : 'input_required',
      createdAt: now,
      lastUpdatedAt: now,
      ttlMs: 60_000,
      pollIntervalMs: POLL_MS,
      ...(work.inputs === undefined ? {} : { inputRequests: { ...work.inputs } }),
    };
    this.#tasks.set(task.taskId, { task, work, answers: {} });
    if (work.inputs === undefined) this.#run(task, work, {});
    const { inputRequests: _, ...created } = task;
    return answered(id, { resultType: 'task', ...created });
  }

  #about(id: Call['id'], method: string, taskId: string, params: Fields): Response {
    const known = this.#tasks.get(taskId);
    if (known === undefined) return failed(id, -32602, 'no such task', {}, 200);
    const { task, work } = known;
    if (method === 'tasks/get') return answered(id, { resultType: 'complete', ...task });
    if (method === 'tasks/cancel' && !isOver(task)) become(task, { status: 'cancelled' });
    if (method === 'tasks/update' && task.status === 'input_required') {
      known.answers = { ...known.answers, ...(params['inputResponses'] as Fields) };
      const open = Object.entries(task.inputRequests ?? {}).filter(([key]) => !(key in known.answers));
      if (open.length > 0) become(task, { inputRequests: Object.fromEntries(open) });
      else {
        delete task.inputRequests;
        become(task, { status: 'working' });
        this.#run(task, work, known.answers);
      }
    }
    return answered(id, { resultType: 'complete' });
  }

  #run(task: Task, work: Work, answers: Fields): void {
    setTimeout(() => {
      if (isOver(task)) return;
      const end = work.run(answers);
      become(task, { status: 'error' in end ? 'failed' : 'completed', ...end });
    }, work.afterMs).unref();
  }
}

function become(task: Task, change: Partial<Task>): void {
  Object.assign(task, change, { lastUpdatedAt: new Date().toISOString() });
}

function isOver({ status }: Task): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

function hasTasks(params: Fields): boolean {
  const capabilities = (params['_meta'] as Fields | undefined)?.[CLIENT_CAPABILITIES_META_KEY];
  const { extensions } = (capabilities ?? {}) as { readonly extensions?: Fields };
  return extensions?.[TASKS] !== undefined;
}

function text(said: string): CallToolResult {
  return { content: [{ type: 'text', text: said }] };
}

function answered(id: Call['id'], result: object): Response {
  return Response.json({ jsonrpc: '2.0', id, result });
}

function failed(id: Call['id'], code: number, message: string, data: object, status: number): Response {
  return Response.json({ jsonrpc: '2.0', id, error: { code, message, data } }, { status });
}
