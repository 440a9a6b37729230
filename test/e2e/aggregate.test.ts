import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';
import { CLIENTS, type Door, type RealClient } from '../transparency/real-clients.ts';
import { ask } from '../../packages/server/src/gateway/testing-client.ts';
import { MAIN, Site } from './countersign.ts';
import { RawAgent } from './raw-agent.ts';
import { SessionAgent, taskId } from './session-agent.ts';

const EVERYTHING = resolve(import.meta.dirname, '../conformance/everything/main.ts');
const NOTES = resolve(import.meta.dirname, 'upstream/note-server.ts');
let site: Site;
let server: ListeningServer;
let passing: ListeningServer;
let key: string;
let door: Door;

beforeAll(async () => {
  site = new Site();
  await site.reservePort();
  server = await startListening([EVERYTHING, '--http']);
  passing = await startListening([EVERYTHING, '--http']);
  mkdirSync(site.policies);
  writeFileSync(
    join(site.policies, 'policy.cedar'),
    `@id("free") permit (principal, action, resource)
unless { resource == tool::"notes/write_note" || resource == tool::"more-notes/write_note" };
@id("consented") @step_up("approvers") @assurance("key") permit (principal, action, resource)
when { resource == tool::"notes/write_note" || resource == tool::"more-notes/write_note" };
@id("never") forbid (principal, action, resource == tool::"every/test_image_content");`,
  );
  const notes = { command: process.execPath, args: [NOTES, site.files], cwd: site.dir };
  site.configure({
    public_url: site.url,
    hold: '20s',
    upstreams: {
      notes,
      'more-notes': notes,
      every: { url: server.url },
      // Nobody listens there.
      gone: { url: 'http://127.0.0.1:9/mcp' },
      passing: { url: passing.url },
    },
  });
  ({ api_key: key = '' } = await site.json('agent', 'add', 'bot', '--owner', 'owner@example.com'));
  await site.enrolKey();
  await site.start();
  door = {
    url: `${site.url}/mcp`,
    key,
    stdio: {
      command: process.execPath,
      args: [MAIN, 'mcp', '--all'],
      env: { PATH: process.env['PATH'] ?? '', COUNTERSIGN_URL: site.url, COUNTERSIGN_API_KEY: key },
    },
  };
});
afterAll(async () => {
  const verified = await site.run(['audit', 'verify', '--data', site.data]);
  expect(verified.code, verified.stderr + verified.stdout).toBe(0);
  await site.close();
  await server.close();
  await passing.close();
});

const ran = (name: string): number => site.writes().filter((each) => each === name).length;

describe.each(Object.entries(CLIENTS))('%s', (name, connect) => {
  let client: RealClient;
  beforeAll(async () => {
    client = await connect(door);
  });
  afterAll(() => client.close());

  test('lists the tools of every upstream that is there, under names of their own', async () => {
    const tools = await client.tools();
    for (const each of ['notes__read_note', 'more-notes__read_note', 'every__test_simple_text'])
      expect(tools).toContain(each);
    expect(tools).not.toContain('every__test_image_content');
    expect(new Set(tools).size).toBe(tools.length);
    for (const each of tools) expect(each).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
  });

  test('calls, reads and prompts where the name says', async () => {
    expect(await client.call('notes__read_note', { name: 'hello.txt' })).toBe('hello\n');
    expect(await client.call('every__test_simple_text', {})).toBe(
      'This is a simple text response for testing.',
    );
    expect(await client.read('mcp+every+test://template/7/data')).toContain('Data for ID: 7');
    expect(await client.prompt('every__test_simple_prompt')).toContain(
      'This is a simple prompt for testing.',
    );
  });

  test('is asked something by a server while it calls', async () => {
    expect(await client.call('every__test_elicitation', { message: 'Who?' })).toContain('ann@example.com');
  });

  test('hears of progress and of changes, where it listens', async () => {
    expect(await client.progress?.('every__test_tool_with_progress')).toBe(client.progress && 3);
    await client.changed?.('every__test_trigger_tool_change');
  });

  test('what takes consent is asked about once, and runs once', async () => {
    const file = `${name.replaceAll(/[^A-Za-z0-9]/g, '-')}.txt`;
    const held = client.call('notes__write_note', { name: file, text: 'x' });
    await site.vote('approve', await site.pending());
    expect(await held).toContain(`wrote ${file}`);
    expect(ran(file)).toBe(1);
  });

  test('what nobody has is no tool', async () => {
    for (const each of ['read_note', 'nowhere__read_note', '__read_note', 'notes__', 'notes__nothing'])
      expect(await client.call(each, {})).toContain('lists no tool of that name');
    await expect(client.read('file:///hello.txt')).rejects.toThrow();
  });
});

test('an upstream that is away is missing, and said to be', async () => {
  const { messages } = await new RawAgent(door.url, key).got('tools/list', {});
  expect(messages.at(-1)).toMatchObject({
    result: { resultType: 'complete', cacheScope: 'private', _meta: { 'io.countersign/away': ['gone'] } },
  });
  const client = await (CLIENTS['SDK v2, 2026-07-28, over HTTP'] as (typeof CLIENTS)[string])(door);
  await expect(client.call('gone__x', {})).rejects.toThrow(/NOT RUN|cannot be reached/);
  await client.close();
});

test('consent given at one address covers the same action at the other, and people see no prefix', async () => {
  const all = new RawAgent(door.url, key);
  const alone = new RawAgent(`${site.url}/mcp/notes`, key);
  const args = { name: 'crossing.txt', text: 'x' };
  const first = all.call('notes__write_note', args);
  const id = await site.pending();
  const shown = JSON.stringify(await (await site.openVoter()).show(id));
  expect(shown).toContain('notes/write_note');
  expect(shown).not.toContain('notes__write_note');
  // The same call at the other address is the same request.
  const second = alone.call('write_note', args);
  expect((await (await site.openVoter()).waiting()).length).toBe(1);
  await site.vote('approve', id);
  await Promise.all([first, second]);
  await expect.poll(() => ran('crossing.txt'), { timeout: 20_000 }).toBe(1);
});

test('two servers ask the same client something at once, and each hears the answer to its own', async () => {
  const client = new LegacyClient({ name: 'asked', version: '1.0.0' }, { capabilities: { elicitation: {} } });
  const asked: string[] = [];
  const all = Promise.withResolvers<void>();
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    asked.push(params.message);
    if (asked.length === 4) all.resolve();
    // No one is answered before all have asked.
    await all.promise;
    return { action: 'accept', content: { username: params.message, email: 'ann@example.com' } };
  });
  await client.connect(
    new LegacyHttp(new URL(door.url), { requestInit: { headers: { authorization: `Bearer ${key}` } } }),
  );
  const calls = ['every', 'passing', 'every', 'passing'].map(async (upstream, index) => {
    const message = `${upstream}-${index}`;
    const called = { name: `${upstream}__test_elicitation`, arguments: { message } };
    expect(JSON.stringify(await client.callTool(called))).toContain(message);
  });
  await Promise.all(calls);
  expect(asked.toSorted()).toEqual(['every-0', 'every-2', 'passing-1', 'passing-3']);
  await client.close();
});

test('a session is its agent’s, and ends with what is below it', async () => {
  const other = await site.json('agent', 'add', 'other', '--owner', 'owner@example.com');
  const client = new LegacyClient({ name: 'sessions', version: '1.0.0' });
  const transport = new LegacyHttp(new URL(door.url), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  });
  await client.connect(transport);
  const url = door.url.replace('localhost', '127.0.0.1');
  const list = { id: 1, method: 'tools/list' };
  const session = String(transport.sessionId);
  expect((await ask(url, list, { agent: key, session })).status).toBe(200);
  expect((await ask(url, list, { agent: other['api_key'] ?? '', session })).status).toBe(404);
  expect((await ask(url, list, { agent: key })).status).toBe(400);
  expect((await ask(url, list, { agent: 'nobody', session })).status).toBe(401);
  await transport.terminateSession();
  expect((await ask(url, list, { agent: key, session })).status).toBe(404);
  await client.close();
});

describe('tasks', () => {
  test('of ours are told and ended at either address', async () => {
    const all = new RawAgent(door.url, key);
    const { result } = await all.call('notes__write_note', { name: 'task.txt', text: 'x' });
    expect(result).toMatchObject({ resultType: 'task', taskId: expect.stringMatching(/^tsk_/) });
    expect((await all.task(result?.['taskId'])).result).toMatchObject({ status: 'working' });
    await site.vote('approve', await site.pending());
    await expect
      .poll(async () => (await all.task(result?.['taskId'])).result, { timeout: 20_000 })
      .toMatchObject({ status: 'completed', result: { content: [{ text: 'wrote task.txt' }, {}] } });
    expect(ran('task.txt')).toBe(1);
  });

  test('of ours are told in a session too, whichever upstream they call, and at no other’s address', async () => {
    const all = new SessionAgent(door.url, key);
    const [one, other] = ['more-notes', 'notes'].map(
      (name) => new SessionAgent(`${site.url}/mcp/${name}`, key),
    );
    await Promise.all([all.open(), one?.open(), other?.open()]);
    const task = {
      taskId: taskId(await all.call('more-notes__write_note', { name: 'second.txt', text: 'x' })),
    };
    for (const agent of [all, one])
      expect((await agent?.say('tasks/get', task))?.result).toMatchObject({ status: 'working' });
    expect((await other?.say('tasks/get', task))?.error).toMatchObject({ code: -32602 });
    const modern = new RawAgent(`${site.url}/mcp/notes`, key);
    await modern.say('tasks/cancel', task);
    expect((await modern.task(task.taskId)).error).toMatchObject({ code: -32602 });
    expect((await all.say('tasks/get', task)).result).toMatchObject({ status: 'working' });
    expect((await all.say('tasks/cancel', task)).result).toMatchObject({ status: 'cancelled' });
  });

  test('of an upstream’s own are named by it here, and reach it under their own names', async () => {
    const all = new RawAgent(door.url, key);
    const { result } = await all.call('every__slow_compute', { seconds: 0.1, label: 'x' });
    expect(result).toMatchObject({ resultType: 'task', taskId: expect.stringMatching(/^every\./) });
    await expect
      .poll(async () => (await all.task(result?.['taskId'])).result, { timeout: 20_000 })
      .toMatchObject({ status: 'completed', taskId: result?.['taskId'] });
    const own = String(result?.['taskId']).replace('every.', '');
    for (const wrong of [own, `passing.${own}`, `nowhere.${own}`])
      expect((await all.task(wrong)).error).toMatchObject({ code: -32602 });
  });

  test('and resources are listened to on one stream, under the names that they have here', async () => {
    const all = new RawAgent(door.url, key);
    const { result } = await all.call('notes__write_note', { name: 'told.txt', text: 'x' });
    const taskIds = [result?.['taskId']];
    const resourceSubscriptions = ['mcp+every+test://watched-resource'];
    const said: unknown[] = [];
    const filter = { toolsListChanged: true, taskIds, resourceSubscriptions };
    const listening = all.got('subscriptions/listen', { notifications: filter }, undefined, (message) => {
      said.push(message);
      return JSON.stringify(message).includes('"status":"cancelled"');
    });
    await expect.poll(() => said, { timeout: 20_000 }).not.toEqual([]);
    expect(said[0]).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { toolsListChanged: true, taskIds, resourceSubscriptions } },
    });
    await all.say('tasks/cancel', { taskId: result?.['taskId'] });
    await listening;
    expect(JSON.stringify(said.at(-1))).toContain(String(result?.['taskId']));
  });
});
