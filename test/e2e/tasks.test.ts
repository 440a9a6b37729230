import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONSENT, DECLARES, DISPOSITION, RawAgent, TASKS, type Said } from './raw-agent.ts';
import { openWorld, type World } from './world.ts';

// SEP-2848 and the MCP Tasks extension, by their own words.
let world: World;
let agent: RawAgent;
beforeAll(async () => {
  world = await openWorld();
  agent = new RawAgent(`${world.site.url}/mcp/notes`, world.agentKey);
});
afterAll(async () => {
  const verified = await world.site.run(['audit', 'verify', '--data', world.site.data]);
  expect(verified.code, verified.stderr + verified.stdout).toBe(0);
  await world.close();
});

const note = (name: string) => ({ name, text: 'x' });
const ran = (name: string): number => world.site.writes().filter((each) => each === name).length;

async function ended(taskId: unknown, by = agent): Promise<Record<string, never>> {
  let result: Said['result'];
  await expect
    .poll(
      async () => {
        result = (await by.task(taskId)).result;
        return result?.['status'];
      },
      { timeout: 20_000 },
    )
    .not.toBe('working');
  return result as Record<string, never>;
}

describe('a call whose client takes tasks becomes one', () => {
  test('SEP-2848: a requestable denial is answered with a working task, and nothing executes; it is there before it is told', async () => {
    const { result } = await agent.call('write_note', note('task-a.txt'));
    expect(result).toEqual({
      resultType: 'task',
      taskId: expect.stringMatching(/^tsk_[\w-]{32}$/),
      status: 'working',
      statusMessage: 'waiting for the consent of a person; nothing has run',
      createdAt: expect.stringMatching(/Z$/),
      lastUpdatedAt: expect.stringMatching(/Z$/),
      ttlMs: expect.any(Number),
      pollIntervalMs: 5000,
      _meta: {
        'io.modelcontextprotocol/authorization': {
          reason: 'insufficient_authorization',
          remediation: 'available',
          remediationHints: [{ type: 'task' }],
        },
        [CONSENT]: { request_id: expect.stringMatching(/^arq_/), status: 'pending', retry_after: 5 },
      },
    });
    expect((await agent.task(result?.['taskId'])).result).toMatchObject({
      resultType: 'complete',
      status: 'working',
    });
    expect(ran('task-a.txt')).toBe(0);
    await world.site.vote('approve', await world.site.pending());
    const task = await ended(result?.['taskId']);
    expect(task).toMatchObject({
      status: 'completed',
      result: {
        content: [
          { type: 'text', text: 'wrote task-a.txt' },
          { type: 'text', text: 'This ran once, after a person consented.' },
        ],
        _meta: { [DISPOSITION]: 'approved-executed' },
      },
    });
    expect(ran('task-a.txt')).toBe(1);
  });

  test('denied: completed with an error that says that it did not run', async () => {
    const { result } = await agent.call('write_note', note('task-denied.txt'));
    await world.site.vote('deny', await world.site.pending());
    expect(await ended(result?.['taskId'])).toMatchObject({
      status: 'completed',
      result: {
        isError: true,
        content: [{ text: expect.stringContaining('was not run') }],
        _meta: {
          [DISPOSITION]: 'denied-not-executed',
          'io.modelcontextprotocol/authorization': { remediation: 'unavailable' },
          [CONSENT]: { status: 'denied' },
        },
      },
    });
    expect(ran('task-denied.txt')).toBe(0);
  });

  test('cancelled: the request is withdrawn', async () => {
    const { result } = await agent.call('write_note', note('task-cancelled.txt'));
    const id = await world.site.pending();
    const cancelled = await agent.say('tasks/cancel', { taskId: result?.['taskId'] });
    expect(cancelled.result).toEqual({ resultType: 'complete' });
    expect((await agent.task(result?.['taskId'])).result).toMatchObject({ status: 'cancelled' });
    await expect(world.site.vote('approve', id)).rejects.toMatchObject({ code: 'invalid_task_state' });
    expect(ran('task-cancelled.txt')).toBe(0);
  });

  test('SEP-2848: identical pending calls of one caller are one', async () => {
    const first = await agent.call('write_note', note('task-twin.txt'));
    const second = await agent.call('write_note', note('task-twin.txt'));
    expect(second.result?.['taskId']).toBe(first.result?.['taskId']);
    await world.site.vote('approve', await world.site.pending());
    await ended(first.result?.['taskId']);
    expect(ran('task-twin.txt')).toBe(1);
  });

  test('SEP-2848: a taskId is never authority; another agent has no such task, nor has one that does not declare them', async () => {
    const { result } = await agent.call('write_note', note('task-mine.txt'));
    const taskId = result?.['taskId'];
    const { api_key = '' } = await world.site.json('agent', 'add', 'other', '--owner', 'o@example.com');
    const other = new RawAgent(`${world.site.url}/mcp/notes`, api_key);
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
      const params = { taskId, inputResponses: {} };
      expect((await other.say(method, params)).error?.code).toBe(-32602);
      const { error } = await agent.say(method, params, DECLARES.nothing);
      expect(error).toMatchObject({
        code: -32021,
        data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
      });
    }
    expect((await agent.task('tsk_unknown')).error?.code).toBe(-32602);
    expect((await agent.task(taskId)).result).toMatchObject({ status: 'working' });
    await world.site.vote('deny', await world.site.pending());
  });

  test('the extension is declared where the server is discovered', async () => {
    const { result } = await agent.say('server/discover', {});
    expect(result).toMatchObject({ capabilities: { extensions: { [TASKS]: {} } } });
  });

  test('who subscribes is told of each change, with the whole task', async () => {
    const { result } = await agent.call('write_note', note('task-told.txt'));
    const taskId = result?.['taskId'];
    const heard: Said[] = [];
    const id = await world.site.pending();
    await agent.got(
      'subscriptions/listen',
      { notifications: { taskIds: [taskId] } },
      DECLARES.tasks,
      (message) => {
        heard.push(message);
        if (heard.length === 2) void world.site.vote('approve', id);
        return message.params?.['status'] === 'completed';
      },
    );
    expect(heard[0]).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { taskIds: [taskId] } },
    });
    expect(heard[1]).toMatchObject({ method: 'notifications/tasks', params: { taskId, status: 'working' } });
    expect(heard.at(-1)).toMatchObject({
      params: { taskId, status: 'completed', result: { content: [{ text: 'wrote task-told.txt' }, {}] } },
    });
    const { error } = await agent.say('subscriptions/listen', { notifications: { taskIds: [taskId] } }, {});
    expect(error?.code).toBe(-32021);
  });

  test('SEP-2848: policy is evaluated again after approval, with fresh attributes; an agent suspended meanwhile runs nothing', async () => {
    const { id = '', api_key = '' } = await world.site.json(
      'agent',
      'add',
      'fleeting',
      '--owner',
      'o@example.com',
    );
    const fleeting = new RawAgent(`${world.site.url}/mcp/notes`, api_key);
    const { result } = await fleeting.call('write_note', note('task-suspended.txt'));
    await world.site.run(['agent', 'suspend', id, '--data', world.site.data]);
    await world.site.vote('approve', await world.site.pending());
    await world.site.run(['agent', 'resume', id, '--data', world.site.data]);
    let told: Said['result'];
    await expect
      .poll(async () => (told = (await fleeting.task(result?.['taskId'])).result)?.['status'])
      .toBe('completed');
    expect(told).toMatchObject({
      result: { isError: true, _meta: { [DISPOSITION]: 'denied-not-executed' } },
    });
    expect(ran('task-suspended.txt')).toBe(0);
  });
});

describe('durable', () => {
  test('killed while it waits: it is approved afterwards, runs once, and its result is kept', async () => {
    const { result } = await agent.call('write_note', note('task-restart.txt'));
    await world.restart('kill');
    await world.site.vote('approve', await world.site.pending());
    await expect.poll(() => ran('task-restart.txt'), { timeout: 15_000 }).toBe(1);
    await world.restart('stop');
    expect(await ended(result?.['taskId'])).toMatchObject({
      status: 'completed',
      result: { content: [{ text: 'wrote task-restart.txt' }, {}] },
    });
    expect(ran('task-restart.txt')).toBe(1);
  });

  test('SEP-2848: a crash after the claim is outcome-unknown, and never invoked again', async () => {
    const { result } = await agent.call('write_note', note('slow-task.txt'));
    await world.site.vote('approve', await world.site.pending());
    await expect.poll(() => ran('slow-task.txt'), { timeout: 15_000 }).toBe(1);
    await world.restart('kill');
    expect(await ended(result?.['taskId'])).toMatchObject({
      status: 'completed',
      result: {
        isError: true,
        content: [{ text: expect.stringContaining('unknown whether this ran') }],
        _meta: { [DISPOSITION]: 'outcome-unknown' },
      },
    });
    expect(ran('slow-task.txt')).toBe(1);
  });

  test('SEP-2848: a tool whose schema changed while it was pending fails closed', async () => {
    const shifting = new RawAgent(`${world.site.url}/mcp/shifting`, world.agentKey);
    const { result } = await shifting.call('write_note', note('task-shifted.txt'));
    writeFileSync(join(world.site.files, 'shift'), '');
    await world.site.vote('approve', await world.site.pending());
    expect(await ended(result?.['taskId'], shifting)).toMatchObject({
      result: { isError: true, _meta: { [CONSENT]: { status: 'definition_changed' } } },
    });
    expect(() => readFileSync(join(world.site.files, 'task-shifted.txt'))).toThrow();
  });
});
