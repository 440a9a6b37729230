import type { Message, Replier, Wire } from './wire.ts';

/** What the server said in one step where its answers come. */
export interface Step {
  readonly name: string;
  readonly said: readonly Message[];
}

const CAPABILITIES = {
  sampling: {},
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
  tasks: {
    list: {},
    cancel: {},
    requests: { sampling: { createMessage: {} }, elicitation: { create: {} } },
  },
};
const AT = '2026-01-01T00:00:00.000Z';
const TASK = { taskId: 'client-task', createdAt: AT, lastUpdatedAt: AT, ttl: 60_000, pollInterval: 10 };
const FILE = 'data:text/plain,some text to compress';

/** A client that can do everything: it answers, or first says that it works on it where it is asked to. */
const obliging: Replier = ({ method, params = {} }) => {
  switch (method) {
    case 'roots/list':
      return { roots: [{ uri: 'file:///work', name: 'work' }] };
    case 'sampling/createMessage':
    case 'elicitation/create':
      return params['task'] === undefined
        ? answerTo(method, params)
        : { task: { ...TASK, status: 'working' } };
    case 'tasks/get':
      return { ...TASK, status: 'completed' };
    case 'tasks/result':
      // Both kinds of asking are read from the same answer; each takes what is its own.
      return { ...answerTo('sampling/createMessage', {}), ...answerTo('elicitation/create', {}) };
    default:
      throw new Error(`nobody expected ${method ?? '?'}`);
  }
};

function answerTo(method: string, params: Record<string, unknown>): Record<string, unknown> {
  if (method === 'sampling/createMessage') {
    return {
      role: 'assistant',
      model: 'none',
      content: { type: 'text', text: 'forty-two' },
      stopReason: 'endTurn',
    };
  }
  if (params['mode'] === 'url') return { action: 'accept' };
  const schema = params['requestedSchema'] as { properties?: Record<string, unknown> } | undefined;
  return {
    action: 'accept',
    content: schema?.properties?.['interpretation'] ? { interpretation: 'technical' } : { name: 'Ann' },
  };
}

function taskOf(result: Message['result']): string {
  const { taskId = '' } = (result?.['task'] ?? {}) as { readonly taskId?: string };
  return taskId;
}

/** Everything that the reference server can do, step by step; each step ends when nothing more is to come of it. */
export async function runScript(wire: Wire): Promise<Step[]> {
  const steps: Step[] = [];
  let ids = 0;
  const step = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    const from = wire.heard.length;
    wire.reply = obliging;
    await run();
    steps.push({ name, said: wire.heard.slice(from) });
  };
  const ask = (method: string, params?: object): Promise<Message> => wire.ask(++ids, method, params);
  const asks = (name: string, method: string, params?: object): Promise<void> =>
    step(name, () => ask(method, params));
  const calls = (tool: string, args: object = {}, rest: object = {}): Promise<void> =>
    asks(`${tool} ${JSON.stringify(args)}`, 'tools/call', { name: tool, arguments: args, ...rest });
  const log = (pattern: RegExp): Promise<Message> =>
    wire.until(
      ({ method, params }) => method === 'notifications/message' && pattern.test(JSON.stringify(params)),
    );

  await asks('initialize', 'initialize', {
    protocolVersion: '2025-11-25',
    capabilities: CAPABILITIES,
    clientInfo: { name: 'script', version: '1.0.0', title: 'A script' },
  });
  await step('initialized: the server asks for roots, and says that it has them', async () => {
    const rooted = log(/Roots updated/);
    await wire.tell('notifications/initialized');
    await rooted;
  });
  await asks('ping', 'ping');
  await asks('tools', 'tools/list');
  await asks('resources', 'resources/list');
  await asks('templates', 'resources/templates/list');
  await asks('prompts', 'prompts/list');

  await calls('echo', { message: 'héllo 😀 \u2028 "quoted"' });
  await calls('get-env');
  await calls('get-sum', { a: 0.1, b: 2e3 });
  await calls('get-tiny-image');
  for (const messageType of ['error', 'success', 'debug']) {
    await calls('get-annotated-message', { messageType, includeImage: true });
  }
  await calls('get-structured-content', { location: 'Chicago' });
  await calls('get-resource-links', { count: 4 });
  await calls('get-resource-reference', { resourceType: 'Text', resourceId: 1 });
  await calls('gzip-file-as-resource', { name: 'a.gz', data: FILE, outputType: 'resource' });
  await calls('gzip-file-as-resource', { name: 'b.gz', data: FILE, outputType: 'resourceLink' });
  await calls('get-roots-list');
  await calls('echo', { wrong: true });
  await calls('get-sum', { a: 'one', b: null });
  await asks('a call with what nobody knows', 'tools/call', {
    name: 'echo',
    arguments: { message: 'x', extra: { deep: [1, { more: null }] } },
    'x-unknown': { kept: true },
    _meta: { 'io.modelcontextprotocol/unknown': 1, traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` },
  });

  await asks('a static resource', 'resources/read', { uri: 'demo://resource/session/b.gz' });
  await asks('a text', 'resources/read', { uri: 'demo://resource/dynamic/text/1' });
  await asks('a blob', 'resources/read', { uri: 'demo://resource/dynamic/blob/2' });
  await asks('no resource', 'resources/read', { uri: 'demo://nowhere' });
  await asks('a prompt', 'prompts/get', { name: 'simple-prompt' });
  await asks('a prompt with arguments', 'prompts/get', {
    name: 'args-prompt',
    arguments: { city: 'Paris', state: 'TX' },
  });
  await asks('a prompt with a resource', 'prompts/get', {
    name: 'resource-prompt',
    arguments: { resourceType: 'Text', resourceId: '1' },
  });
  await asks('no prompt', 'prompts/get', { name: 'nobody' });
  await asks('a prompt without what it needs', 'prompts/get', { name: 'args-prompt', arguments: {} });
  const completable = { type: 'ref/prompt', name: 'completable-prompt' };
  await asks('completion', 'completion/complete', {
    ref: completable,
    argument: { name: 'department', value: 'S' },
  });
  await asks('completion in context', 'completion/complete', {
    ref: completable,
    argument: { name: 'name', value: '' },
    context: { arguments: { department: 'Sales' } },
  });
  await asks('completion of a template', 'completion/complete', {
    ref: { type: 'ref/resource', uri: 'demo://resource/dynamic/text/{resourceId}' },
    argument: { name: 'resourceId', value: '1' },
  });

  await step('a subscription: told once at once', async () => {
    const uri = 'demo://resource/dynamic/text/1';
    const updated = wire.until(({ method }) => method === 'notifications/resources/updated');
    await ask('resources/subscribe', { uri });
    await ask('tools/call', { name: 'toggle-subscriber-updates', arguments: {} });
    await updated;
    await ask('tools/call', { name: 'toggle-subscriber-updates', arguments: {} });
    await ask('resources/unsubscribe', { uri });
  });
  await step('logging: one message at once', async () => {
    await ask('logging/setLevel', { level: 'debug' });
    const logged = log(/evel[- ]message/);
    await ask('tools/call', { name: 'toggle-simulated-logging', arguments: {} });
    await logged;
    await ask('tools/call', { name: 'toggle-simulated-logging', arguments: {} });
  });
  await step('roots that change', async () => {
    const rooted = log(/Roots updated/);
    await wire.tell('notifications/roots/list_changed');
    await rooted;
  });
  for (const progressToken of ['p-1', 7]) {
    await calls('trigger-long-running-operation', { duration: 0.3, steps: 3 }, { _meta: { progressToken } });
  }
  await calls('trigger-long-running-operation', { duration: 0.1, steps: 2 });
  await step('a call that is cancelled', async () => {
    const begun = wire.until(({ method }) => method === 'notifications/progress');
    const requestId = ++ids;
    await wire.send({
      jsonrpc: '2.0',
      id: requestId,
      method: 'tools/call',
      params: {
        name: 'trigger-long-running-operation',
        arguments: { duration: 2, steps: 2 },
        _meta: { progressToken: 'cancelled' },
      },
    });
    await begun;
    const last = wire.until(({ params }) => params?.['progress'] === 2);
    await wire.tell('notifications/cancelled', { requestId, reason: 'enough' });
    // This server goes on and tells of it; what it must not do is answer.
    await last;
    await ask('ping');
  });

  await calls('trigger-sampling-request', { prompt: 'What is six times seven?', maxTokens: 10 });
  await calls('trigger-sampling-request-async', { prompt: 'Take your time', maxTokens: 10 });
  await calls('trigger-elicitation-request-async');
  for (const action of ['accept', 'decline', 'cancel']) {
    await step(`elicitation: ${action}`, async () => {
      wire.reply = () => ({ action, ...(action === 'accept' ? { content: { name: 'Ann' } } : {}) });
      await ask('tools/call', { name: 'trigger-elicitation-request', arguments: {} });
    });
  }
  const url = { url: 'https://example.com/go', message: 'Go there', elicitationId: 'elicited' };
  await calls('trigger-url-elicitation', url);
  await calls('trigger-url-elicitation', { ...url, errorPath: true });
  await step('a task that asks', async () => {
    const { result } = await ask('tools/call', {
      name: 'simulate-research-query',
      arguments: { topic: 'python', ambiguous: true },
      task: { ttl: 60_000 },
    });
    const taskId = taskOf(result);
    await ask('tasks/result', { taskId });
    await ask('tasks/get', { taskId });
    await ask('tasks/list');
  });
  await step('a task that is cancelled', async () => {
    const { result } = await ask('tools/call', {
      name: 'simulate-research-query',
      arguments: { topic: 'nothing' },
      task: { ttl: 60_000 },
    });
    const taskId = taskOf(result);
    await ask('tasks/cancel', { taskId });
    await ask('tasks/get', { taskId });
    await ask('tasks/get', { taskId: 'nobody’s' });
  });
  return steps;
}
