import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ask, Got } from '../testing-client.ts';
import { answerOf, modern, tool } from '../testing-doors.ts';
import { openEras, type Eras } from './testing-eras.ts';
import { openNewerJobs, openOlderJobs, type Jobs } from './testing-jobs.ts';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const RELATED = 'io.modelcontextprotocol/related-task';
const TASKS = 'io.modelcontextprotocol/tasks';
const DONE = [{ type: 'text', text: 'done' }];

let jobs: Jobs;
let eras: Eras;
afterEach(async () => {
  await eras.close();
  jobs.close();
});

/** What a call comes to that somebody consents to. */
async function consented(call: () => Promise<Got>): Promise<Got> {
  eras.port.stepUp.add('job');
  const held = call();
  await eras.approve();
  return await held;
}

const methods = (): unknown[] =>
  jobs.received.map(({ method }) => method).filter((method) => method?.startsWith('tasks/'));

describe('a client of 2026-07-28 at a server of 2025-11-25 that does a tool as a task alone', () => {
  beforeEach(async () => {
    jobs = await openOlderJobs();
    eras = await openEras({ jobs: jobs.url });
  });

  async function call(how: string, more: object = {}, declared: object = {}, name = 'job'): Promise<Got> {
    const [message, headers] = modern(1, name, { how }, { [CAPABILITIES]: declared });
    const { params, ...rest } = message as { params: object };
    return await eras.ask('/mcp/jobs', { ...rest, params: { ...params, ...more } }, { headers });
  }

  test('gets what it comes to, and hears of no task', async () => {
    expect(answerOf(await call('do'))['result']).toMatchObject({
      resultType: 'complete',
      content: DONE,
      _meta: { 'a/b': 1 },
    });
    expect(JSON.stringify(answerOf(await call('do')))).not.toContain('task-1');
    const sent = jobs.received.find(({ method }) => method === 'tools/call');
    expect(sent?.params).toEqual({ name: 'job', arguments: { how: 'do' }, task: {} });
  });

  test('a tool that need not be one is called as ever', async () => {
    expect(answerOf(await call('do', {}, {}, 'may'))['result']).toMatchObject({ content: DONE });
    expect(methods()).toEqual([]);
  });

  test('is asked what the server asks for the task, whose answer says so', async () => {
    const first = answerOf(await call('ask', {}, { elicitation: {} }))['result'] as unknown as {
      readonly inputRequests: Record<string, { readonly params: object }>;
      readonly requestState: string;
    };
    const [[key, { params }] = ['', { params: {} }]] = Object.entries(first.inputRequests);
    expect(params).not.toHaveProperty('_meta');
    const response = { action: 'accept', content: { name: 'ann' } };
    const retry = { inputResponses: { [key]: response }, requestState: first.requestState };
    const { result } = answerOf(await call('ask', retry, { elicitation: {} }));
    expect(JSON.parse((result as unknown as { content: [{ text: string }] }).content[0].text)).toEqual({
      ...response,
      _meta: { [RELATED]: { taskId: 'task-1' } },
    });
    expect(methods()).toEqual(['tasks/result']);
  });

  test('is asked what the server asks for its task, on whatever stream', async () => {
    const first = call('never', {}, { elicitation: {} });
    await expect.poll(methods).toEqual(['tasks/result']);
    const other = answerOf(await call('for another', {}, { elicitation: {} }))['result'];
    expect(other).toMatchObject({ resultType: 'complete', content: DONE });
    expect(answerOf(await first)['result']).toMatchObject({ resultType: 'input_required' });
  });

  test.each([
    ['a line that is cut is taken up again', 'cut', { result: { content: DONE } }, 'approved-executed'],
    ['an error is what the call would have been answered', 'fail', { error: {} }, 'execution-error'],
    ['who waits too long on the way waits again', 'late', { result: { content: DONE } }, 'approved-executed'],
    [
      'of a task whose session is not there any more nobody knows what it came to',
      'lost',
      { result: { isError: true } },
      'outcome-unknown',
    ],
    [
      'of a task that its server cancelled nobody knows what it came to',
      'cancelled',
      { result: { isError: true } },
      'outcome-unknown',
    ],
    [
      'of a task that is not there any more nobody knows what it came to',
      'gone',
      { result: { isError: true } },
      'outcome-unknown',
    ],
  ])('%s; one consent, one claim', async (_name, how, answer, disposition) => {
    expect(answerOf(await consented(() => call(how)))).toMatchObject(answer);
    expect(eras.port.reports).toEqual([['clm_1', disposition]]);
    expect(jobs.received.filter(({ method }) => method === 'tools/call')).toHaveLength(1);
  });

  test('a call that it gives up is cancelled as the task that it is', async () => {
    const [message, headers] = modern(1, 'job', { how: 'never' });
    const waits = Promise.withResolvers<void>();
    const calling = eras.ask('/mcp/jobs', message, { headers, signal: waits.promise, on: () => false });
    await expect.poll(methods).toEqual(['tasks/result']);
    waits.resolve();
    await calling;
    await expect.poll(methods).toContain('tasks/cancel');
    expect(jobs.received.at(-1)?.params).toEqual({ taskId: 'task-1' });
  });

  test('a call that it gives up before the task has a name is cancelled by it all the same', async () => {
    const [message, headers] = modern(1, 'job', { how: 'slow' });
    const waits = Promise.withResolvers<void>();
    const calling = eras.ask('/mcp/jobs', message, { headers, signal: waits.promise, on: () => false });
    await expect.poll(() => jobs.received.at(-1)?.method).toBe('tools/call');
    waits.resolve();
    await calling;
    await expect.poll(methods).toEqual(['tasks/cancel']);
    expect(jobs.received.map(({ method }) => method)).not.toContain('notifications/cancelled');
  });
});

describe('a client of 2025-11-25 at a server of 2026-07-28 that does a tool as a task alone', () => {
  let session: string;
  beforeEach(async () => {
    jobs = await openNewerJobs();
    eras = await openEras({ jobs: jobs.url });
    session = await begin({ elicitation: {} });
  });

  async function begin(capabilities: object): Promise<string> {
    const params = { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'c', version: '1' } };
    const got = await eras.ask('/mcp/jobs', { id: 0, method: 'initialize', params });
    return String(got.headers['mcp-session-id']);
  }

  const say = (message?: object, how: Ask = {}): Promise<Got> =>
    eras.ask('/mcp/jobs', message, { session, ...how });
  const call = (stands: string, how: Ask = {}): Promise<Got> => say(tool(1, 'job', { how: stands }), how);
  const last = (got: Got): unknown => got.messages.at(-1);

  test('gets what it comes to; that tasks are taken is said of this call alone', async () => {
    expect(last(await call('working working completed'))).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: { content: DONE },
    });
    expect(methods()).toEqual(['tasks/get', 'tasks/get', 'tasks/get']);
    const declared = jobs.received.map(({ params }) => {
      const meta = params['_meta'] as Record<string, { extensions?: object }> | undefined;
      return meta?.[CAPABILITIES]?.extensions !== undefined;
    });
    await say({ id: 2, method: 'tools/list' });
    expect(JSON.stringify(jobs.received.at(-1))).not.toContain(TASKS);
    expect(declared.slice(-5)).toEqual([false, true, true, true, true]);
  });

  const response = { action: 'accept', content: { name: 'ann' } };
  const obliging: Ask = {
    on: ({ id, method }) => {
      if (typeof id === 'string' && method === 'elicitation/create') void say({ id, result: response });
    },
  };

  test('is asked no more where the task asks without end', async () => {
    const got = await call('nag', obliging);
    expect(got.messages.filter(({ method }) => method === 'elicitation/create')).toHaveLength(10);
    expect(last(got)).toMatchObject({ result: { isError: true } });
    await expect.poll(methods).toContain('tasks/cancel');
  });

  test('is asked once what the server asks for the task', async () => {
    const got = await call('input_required input_required completed', obliging);
    expect(got.messages.filter(({ method }) => method === 'elicitation/create')).toHaveLength(1);
    expect(last(got)).toMatchObject({
      result: { content: [{ text: JSON.stringify({ who: response }) }] },
    });
    expect(methods()).toEqual(['tasks/get', 'tasks/update', 'tasks/get', 'tasks/get']);
  });

  test('what the server has not heard it is told again, and the client not asked again', async () => {
    const got = await call('input_required unheard input_required completed', obliging);
    expect(got.messages.filter(({ method }) => method === 'elicitation/create')).toHaveLength(1);
    expect(last(got)).toMatchObject({
      result: { content: [{ text: JSON.stringify({ who: response }) }] },
    });
  });

  test('a server that never hears what it asked is waited for no more', async () => {
    expect(last(await call('deaf', obliging))).toMatchObject({ result: { isError: true } });
    expect(methods().filter((method) => method === 'tasks/update')).toHaveLength(5);
    await expect.poll(methods).toContain('tasks/cancel');
  });

  test.each([
    ['an error', 'failed', { error: { code: -32603 } }, 'execution-error'],
    ['a task that its server cancels', 'cancelled', { result: { isError: true } }, 'outcome-unknown'],
    ['a failure that it says nothing of', 'vague', { error: { code: -32603 } }, 'execution-error'],
    ['an end that it says nothing of', 'empty', { result: { isError: true } }, 'outcome-unknown'],
    ['a task that nobody asked for', 'unasked completed', { result: { content: DONE } }, 'approved-executed'],
    ['an answer of a kind that is none', 'odd', { result: { isError: true } }, 'outcome-unknown'],
    ['a server that fails to say now and then', 'lost lost completed', { result: {} }, 'approved-executed'],
    ['a server that has forgotten it', 'lost', { result: { isError: true } }, 'outcome-unknown'],
  ])('%s; one consent, one claim', async (_name, how, answer, disposition) => {
    expect(last(await consented(() => call(how)))).toMatchObject(answer);
    expect(eras.port.reports).toEqual([['clm_1', disposition]]);
  });

  test('who cannot be asked has the task cancelled', async () => {
    session = await begin({});
    expect(last(await call('input_required'))).toMatchObject({ result: { isError: true } });
    await expect.poll(methods).toEqual(['tasks/get', 'tasks/cancel']);
  });

  test('a call that it cancels is cancelled as the task that it is', async () => {
    const calling = call('working');
    await expect.poll(methods).toContain('tasks/get');
    await say({ method: 'notifications/cancelled', params: { requestId: 1 } });
    await calling;
    await expect.poll(methods).toContain('tasks/cancel');
  });

  test('a call that it cancels before the task has a name is cancelled by it all the same', async () => {
    const calling = call('slow');
    await expect.poll(() => jobs.received.filter(({ method }) => method === 'tools/call')).toHaveLength(2);
    await say({ method: 'notifications/cancelled', params: { requestId: 1 } });
    await calling;
    await expect.poll(methods).toEqual(['tasks/cancel']);
  });
});
