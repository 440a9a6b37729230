import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { FILESYSTEM } from './countersign.ts';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';
import { CONSENT, DISPOSITION, RawAgent, type Said } from './raw-agent.ts';
import { SessionAgent, taskId } from './session-agent.ts';
import { openWorld, type World } from './world.ts';

// Tasks as MCP 2025-11-25 has them in its core, §"Tasks".
const SERVER = resolve(import.meta.dirname, 'upstream/session-server.ts');
const NOTES = resolve(import.meta.dirname, 'upstream/note-server.ts');
const RELATED = 'io.modelcontextprotocol/related-task';

let plain: ListeningServer;
let speaking: ListeningServer;
let world: World;
let agent: SessionAgent;
beforeAll(async () => {
  world = await openWorld();
  [plain, speaking] = await Promise.all([
    startListening([SERVER, world.site.files]),
    startListening([SERVER, world.site.files, '--tasks']),
  ]);
  await world.server.stop();
  writeFileSync(
    join(world.site.policies, 'their-tasks.cedar'),
    '@id("their-tasks") permit (principal, action == Action::"tasks/list", resource is mcp_server);',
  );
  world.site.configure({
    public_url: world.site.url,
    hold: '1s',
    upstreams: {
      notes: {
        command: process.execPath,
        args: [NOTES, world.site.files],
        cwd: world.site.dir,
        catalog: 'notes',
      },
      files: {
        command: process.execPath,
        args: [FILESYSTEM, world.site.files],
        cwd: world.site.dir,
        catalog: 'filesystem',
      },
      plain: { url: plain.url },
      speaking: { url: speaking.url },
      holding: {
        command: process.execPath,
        args: [NOTES, world.site.files],
        cwd: world.site.dir,
        catalog: 'notes',
        when_pending: ['hold'],
      },
    },
  });
  world.server = await world.site.start();
  agent = await opened('notes');
});
afterAll(async () => {
  const verified = await world.site.run(['audit', 'verify', '--data', world.site.data]);
  expect(verified.code, verified.stderr + verified.stdout).toBe(0);
  await Promise.all([plain.close(), speaking.close()]);
  await world.close();
});

async function opened(upstream: string, key = world.agentKey): Promise<SessionAgent> {
  const session = new SessionAgent(`${world.site.url}/mcp/${upstream}`, key);
  await session.open();
  return session;
}

const note = (name: string) => ({ name, text: 'x' });
const ran = (name: string): number => world.site.writes().filter((each) => each === name).length;

describe('a client that declares tasks, before a server that has none', () => {
  test('is told that it may call any tool as a task; others are told what the server says', async () => {
    const declares = new SessionAgent(`${world.site.url}/mcp/notes`, world.agentKey);
    const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
    expect(await declares.open()).toMatchObject({ tasks });
    const { result } = await declares.say('tools/list');
    const listed = (result?.['tools'] ?? []) as { execution?: object }[];
    expect(listed.map(({ execution }) => execution)).toEqual([
      { taskSupport: 'optional' },
      { taskSupport: 'optional' },
    ]);
    const other = new SessionAgent(`${world.site.url}/mcp/notes`, world.agentKey);
    expect(await other.open({})).not.toHaveProperty('tasks');
    const holding = new SessionAgent(`${world.site.url}/mcp/holding`, world.agentKey);
    expect(await holding.open()).not.toHaveProperty('tasks');
    expect(JSON.stringify((await holding.say('tools/list')).result)).not.toContain('taskSupport');
  });

  test('a call that waits is a task at once; it runs once people consent, and its result waits with it', async () => {
    const heard: Said[] = [];
    const listening = await opened('notes');
    await listening.listen((message) => void heard.push(message));
    const created = await listening.call('write_note', note('old-a.txt'), { ttl: 60_000 });
    expect(created.result).toEqual({
      task: {
        taskId: expect.stringMatching(/^tsk_[\w-]{32}$/),
        status: 'working',
        statusMessage: 'waiting for the consent of a person; nothing has run',
        createdAt: expect.stringMatching(/Z$/),
        lastUpdatedAt: expect.stringMatching(/Z$/),
        // Longer than it wished: people may take an hour.
        ttl: expect.any(Number),
        pollInterval: 5000,
      },
      _meta: {
        'io.modelcontextprotocol/authorization': expect.any(Object),
        'io.modelcontextprotocol/model-immediate-response': expect.stringContaining('NOT RUN YET'),
        [CONSENT]: { request_id: expect.stringMatching(/^arq_/), status: 'pending', retry_after: 5 },
      },
    });
    const id = taskId(created);
    expect((created.result as { task: { ttl: number } }).task.ttl).toBeGreaterThan(3_600_000);
    expect((await listening.say('tasks/get', { taskId: id })).result).toMatchObject({ status: 'working' });
    expect(ran('old-a.txt')).toBe(0);
    const answered = listening.say('tasks/result', { taskId: id });
    await world.site.vote('approve', await world.site.pending());
    expect((await answered).result).toEqual({
      content: [
        { type: 'text', text: 'wrote old-a.txt' },
        { type: 'text', text: 'This ran once, after a person consented.' },
      ],
      _meta: { [DISPOSITION]: 'approved-executed', [RELATED]: { taskId: id } },
    });
    expect((await listening.say('tasks/get', { taskId: id })).result).toMatchObject({ status: 'completed' });
    await expect
      .poll(() => heard)
      .toContainEqual({
        jsonrpc: '2.0',
        method: 'notifications/tasks/status',
        params: expect.objectContaining({ taskId: id, status: 'completed' }),
      });
    expect(ran('old-a.txt')).toBe(1);
  });

  test('a longer wish than ours is kept up to a day', async () => {
    const { result } = await agent.call('write_note', note('old-long.txt'), { ttl: 10 ** 9 });
    expect(result).toMatchObject({ task: { ttl: 24 * 3_600_000 } });
    await world.site.vote('deny', await world.site.pending());
  });

  test('denied: failed, and its result says that it did not run', async () => {
    const id = taskId(await agent.call('write_note', note('old-denied.txt')));
    const answered = agent.say('tasks/result', { taskId: id });
    await world.site.vote('deny', await world.site.pending());
    expect((await answered).result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('was not run') }],
      _meta: { [DISPOSITION]: 'denied-not-executed', [RELATED]: { taskId: id } },
    });
    expect((await agent.say('tasks/get', { taskId: id })).result).toMatchObject({
      status: 'failed',
      statusMessage: 'it was not run: tasks/result says why',
    });
    // Whoever asks for a task takes a task or an error.
    const again = await agent.call('write_note', note('old-denied.txt'));
    expect(again.error).toMatchObject({ code: -32001, data: { [CONSENT]: { status: 'denied' } } });
    expect(again.error?.message).toMatch(/NOT RUN/);
  });

  test('cancelled: the request is withdrawn, its result says so, and it cannot be cancelled twice', async () => {
    const id = taskId(await agent.call('write_note', note('old-cancelled.txt')));
    const request = await world.site.pending();
    expect((await agent.say('tasks/cancel', { taskId: id })).result).toMatchObject({ status: 'cancelled' });
    expect((await agent.say('tasks/cancel', { taskId: id })).error?.code).toBe(-32602);
    await expect(world.site.vote('approve', request)).rejects.toMatchObject({ code: 'invalid_task_state' });
    expect((await agent.say('tasks/result', { taskId: id })).result).toMatchObject({
      isError: true,
      _meta: { [DISPOSITION]: 'denied-not-executed' },
    });
    expect(ran('old-cancelled.txt')).toBe(0);
  });

  test('what runs already is not called cancelled', async () => {
    const id = taskId(await agent.call('write_note', note('slow-old.txt')));
    await world.site.vote('approve', await world.site.pending());
    await expect.poll(() => ran('slow-old.txt'), { timeout: 15_000 }).toBe(1);
    expect((await agent.say('tasks/cancel', { taskId: id })).error?.message).toContain('running already');
    expect((await agent.say('tasks/result', { taskId: id })).result).toMatchObject({
      _meta: { [DISPOSITION]: 'approved-executed' },
    });
  });

  test('a permitted call is a task too, and runs in its own session', async () => {
    const files = await opened('files');
    const path = join(world.site.files, 'hello.txt');
    const created = await files.call('read_text_file', { path });
    expect(created.result).toMatchObject({ task: { status: 'working', statusMessage: 'it is running' } });
    const { result } = await files.say('tasks/result', { taskId: taskId(created) });
    expect(result).toMatchObject({
      content: [{ type: 'text', text: 'hello\n' }],
      _meta: { [RELATED]: { taskId: taskId(created) } },
    });
  });

  test('tasks are the agent’s: another agent has none of them, another session all', async () => {
    const id = taskId(await agent.call('write_note', note('old-mine.txt')));
    const { api_key = '' } = await world.site.json('agent', 'add', 'stranger', '--owner', 'o@example.com');
    const stranger = await opened('notes', api_key);
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel'])
      expect((await stranger.say(method, { taskId: id })).error?.code).toBe(-32602);
    expect((await stranger.say('tasks/list')).result).toEqual({ tasks: [] });
    const elsewhere = await opened('plain');
    expect((await elsewhere.say('tasks/get', { taskId: id })).error?.code).toBe(-32602);
    expect((await elsewhere.say('tasks/list')).result).toEqual({ tasks: [] });
    const again = await opened('notes');
    expect((await again.say('tasks/get', { taskId: id })).result).toMatchObject({ status: 'working' });
    expect(JSON.stringify((await again.say('tasks/list')).result)).toContain(id);
    expect((await again.say('tasks/list', { cursor: 'nobody’s' })).error?.code).toBe(-32602);
    await world.site.vote('deny', await world.site.pending());
  });

  test('one call, asked for as a task and not, is one request and one effect', async () => {
    const first = taskId(await agent.call('write_note', note('old-twin.txt')));
    expect(taskId(await agent.call('write_note', note('old-twin.txt'), { ttl: 5 }))).toBe(first);
    const held = agent.say('tools/call', { name: 'write_note', arguments: note('old-twin.txt') });
    await world.site.vote('approve', await world.site.pending());
    await agent.say('tasks/result', { taskId: first });
    await held;
    expect(ran('old-twin.txt')).toBe(1);
  });

  test('a restart of everything: the session is gone, the task is not', async () => {
    const id = taskId(await agent.call('write_note', note('old-restart.txt')));
    await world.restart('kill');
    await world.site.vote('approve', await world.site.pending());
    agent = await opened('notes');
    expect((await agent.say('tasks/result', { taskId: id })).result).toMatchObject({
      content: [{ text: 'wrote old-restart.txt' }, {}],
    });
    expect(ran('old-restart.txt')).toBe(1);
  });

  test('SEP-2848: a crash after the claim is outcome-unknown, and never invoked again', async () => {
    const id = taskId(await agent.call('write_note', note('slow-old-kill.txt')));
    await world.site.vote('approve', await world.site.pending());
    await expect.poll(() => ran('slow-old-kill.txt'), { timeout: 15_000 }).toBe(1);
    await world.restart('kill');
    agent = await opened('notes');
    expect((await agent.say('tasks/result', { taskId: id })).result).toMatchObject({
      isError: true,
      _meta: { [DISPOSITION]: 'outcome-unknown' },
    });
    expect((await agent.say('tasks/get', { taskId: id })).result).toMatchObject({
      status: 'failed',
      statusMessage: 'it is unknown whether it ran',
    });
    expect(ran('slow-old-kill.txt')).toBe(1);
  });

  test('a real client of that era waits for its task', async () => {
    const client = new Client({ name: 'real', version: '1' }, { capabilities: { tasks: {} } });
    const requestInit = { headers: { authorization: `Bearer ${world.agentKey}` } };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${world.site.url}/mcp/notes`), { requestInit }),
    );
    await client.listTools();
    const seen: string[] = [];
    const call = { name: 'write_note', arguments: note('old-real.txt') };
    for await (const message of client.experimental.tasks.callToolStream(call)) {
      seen.push(message.type);
      if (message.type === 'taskCreated') await world.site.vote('approve', await world.site.pending());
      if (message.type === 'result')
        expect(message.result).toMatchObject({ content: [{ text: 'wrote old-real.txt' }, {}] });
    }
    expect(seen.at(0)).toBe('taskCreated');
    expect(seen.at(-1)).toBe('result');
    await client.close();
  });
});

describe('at a url, in a session of ours', () => {
  test('a call runs once people consent, and its session ends', async () => {
    const session = await opened('plain');
    const id = taskId(await session.call('plain_note', note('old-url.txt')));
    await world.site.vote('approve', await world.site.pending());
    expect((await session.say('tasks/result', { taskId: id })).result).toMatchObject({
      content: [{ text: 'wrote old-url.txt' }, {}],
    });
    expect(ran('old-url.txt')).toBe(1);
    const lines = (): string[] =>
      readFileSync(join(world.site.files, 'sessions.log'), 'utf8').trim().split('\n');
    await expect.poll(() => lines().filter((line) => line.startsWith('end '))).toHaveLength(1);
  });

  test('a server with tasks keeps its word on its tools; a call that waits is ours, then its own, then a result', async () => {
    const session = new SessionAgent(`${world.site.url}/mcp/speaking`, world.agentKey);
    await session.open();
    const { result } = await session.say('tools/list');
    const listed = (result?.['tools'] ?? []) as { execution?: object }[];
    expect(listed.map(({ execution }) => execution)).toEqual([{ taskSupport: 'required' }, undefined]);
    const id = taskId(await session.call('write_note', note('old-theirs.txt')));
    expect(id).toMatch(/^tsk_/);
    await world.site.vote('approve', await world.site.pending());
    expect((await session.say('tasks/result', { taskId: id })).result).toMatchObject({
      content: [{ text: 'wrote old-theirs.txt' }, {}],
    });
    expect(ran('old-theirs.txt')).toBe(1);
    // Ours come first, then its own.
    const first = await session.say('tasks/list');
    expect(first.result).toMatchObject({ tasks: [{ taskId: id }], nextCursor: expect.any(String) });
    const second = await session.say('tasks/list', { cursor: first.result?.['nextCursor'] });
    expect(second.result).toMatchObject({ tasks: [{ taskId: expect.stringMatching(/^[0-9a-f-]{36}$/) }] });
    expect(second.result).not.toHaveProperty('nextCursor');
  });
});

test('in the stateless era nothing of this is known', async () => {
  const modern = new RawAgent(`${world.site.url}/mcp/notes`, world.agentKey);
  expect((await modern.say('tasks/list', {})).error?.code).toBe(-32601);
});
