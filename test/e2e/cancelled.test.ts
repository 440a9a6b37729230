import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawStdio } from './raw-stdio.ts';
import { SessionAgent, taskId } from './session-agent.ts';
import { openWorld, type World } from './world.ts';

const NOTES = resolve(import.meta.dirname, 'upstream/note-server.ts');

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

// A request of a session is cancelled by a message, and then has no response: MCP 2025-11-25 §"Cancellation".
describe.each([
  ['an upstream that we start', '/mcp/notes', 'write_note'],
  ['the address of all', '/mcp', 'notes__write_note'],
])('%s', (what, path, name) => {
  const file = `${what.replaceAll(' ', '-')}.txt`;

  test('the stream of a held call that is cancelled ends without a response, and nothing runs', async () => {
    const agent = new SessionAgent(world.site.url + path, world.agentKey);
    await agent.open({});
    // `open` was the first.
    const held = agent.got('tools/call', { name, arguments: { name: file, text: 'x' } });
    const id = await world.site.pending();
    const { status } = await agent.got('notifications/cancelled', { requestId: 2 }, undefined, false);
    expect(status).toBe(202);
    const got = await held;
    expect([got.status, got.messages.filter(({ method }) => method === undefined)]).toEqual([200, []]);
    await world.site.vote('approve', id);
    expect((await agent.say('tools/list')).result).toHaveProperty('tools');
    expect(world.site.writes()).not.toContain(file);
  });
});

test('a wait for a task that is cancelled ends without a response, and its task goes on', async () => {
  const agent = new SessionAgent(`${world.site.url}/mcp/notes`, world.agentKey);
  await agent.open();
  const task = taskId(await agent.call('write_note', { name: 'waited.txt', text: 'x' }));
  const waiting = agent.got('tasks/result', { taskId: task });
  const id = await world.site.pending();
  await agent.got('notifications/cancelled', { requestId: 3 }, undefined, false);
  expect((await waiting).messages).toEqual([]);
  await world.site.vote('approve', id);
  expect((await agent.say('tasks/result', { taskId: task })).result).toMatchObject({
    content: [{ text: 'wrote waited.txt' }, {}],
  });
});

test.each([
  ['bridge', []],
  ['own', ['--hold', '20s', '--', process.execPath, NOTES]],
])('over stdio (%s) a held call that is cancelled has no response', async (what, command) => {
  const env = { COUNTERSIGN_URL: world.site.url, COUNTERSIGN_API_KEY: world.agentKey };
  const args = ['--server', 'notes', ...command, ...(command.length > 0 ? [world.site.files] : [])];
  const door = new RawStdio(world.site.dir, env, args);
  await door.open();
  const params = { name: 'write_note', arguments: { name: `stdio-${what}.txt`, text: 'x' } };
  void door.say('tools/call', params);
  const id = await world.site.pending();
  door.tell('notifications/cancelled', { requestId: 2 });
  await door.say('ping');
  await world.site.vote('deny', id);
  await door.say('tools/list');
  expect(door.heard.filter((said) => said.id === 2)).toEqual([]);
  await door.end('close');
});
