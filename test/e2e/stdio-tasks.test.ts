import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DISPOSITION, TASKS, type Said } from './raw-agent.ts';
import { RawStdio } from './raw-stdio.ts';
import { taskId } from './session-agent.ts';
import { openWorld, type World } from './world.ts';

const EVERYTHING = resolve(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
);
const NOTES = resolve(import.meta.dirname, 'upstream/note-server.ts');

let world: World;
let home: string;
const doors: RawStdio[] = [];
beforeAll(async () => {
  world = await openWorld({ hold: '0s' });
});
afterAll(() => world.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'countersign-home-'));
});
afterEach(async () => {
  await Promise.all(doors.splice(0).map((door) => door.end('close')));
  rmSync(home, { recursive: true, force: true });
});

function open(): RawStdio {
  const env = { COUNTERSIGN_URL: world.site.url, COUNTERSIGN_API_KEY: world.agentKey };
  const args = ['--server', 'notes', '--hold', '0s', '--', process.execPath, NOTES, world.site.files];
  const door = new RawStdio(home, env, args);
  doors.push(door);
  return door;
}

const note = (name: string) => ({ name: 'write_note', arguments: { name, text: 'x' } });
const ran = (name: string): number => world.site.writes().filter((each) => each === name).length;

async function ended(door: RawStdio, id: unknown): Promise<Said['result']> {
  let result: Said['result'];
  await expect
    .poll(async () => (result = (await door.modern('tasks/get', { taskId: id })).result)?.['status'], {
      timeout: 20_000,
    })
    .not.toBe('working');
  return result;
}

describe('a call over stdio whose client takes tasks', () => {
  test('2026-07-28: becomes one, is told of, and runs once while the door lives', async () => {
    const door = open();
    const discovered = await door.modern('server/discover');
    expect(discovered.result).toMatchObject({ capabilities: { extensions: { [TASKS]: {} } } });
    const { result } = await door.modern('tools/call', note('io-a.txt'));
    expect(result).toMatchObject({ resultType: 'task', status: 'working' });
    const id = result?.['taskId'];
    const listening = door.modern('subscriptions/listen', { notifications: { taskIds: [id] } });
    await expect
      .poll(() => door.heard.filter(({ method }) => method === 'notifications/tasks'))
      .toHaveLength(1);
    await world.site.vote('approve', await world.site.pending());
    expect(await ended(door, id)).toMatchObject({
      status: 'completed',
      result: { content: [{ text: 'wrote io-a.txt' }, {}], _meta: { [DISPOSITION]: 'approved-executed' } },
    });
    // Whoever asks may see it before it is told.
    await expect
      .poll(() => door.heard)
      .toContainEqual(
        expect.objectContaining({
          method: 'notifications/tasks',
          params: expect.objectContaining({ status: 'completed' }),
        }),
      );
    expect(ran('io-a.txt')).toBe(1);
    void listening;
    // The arguments of a call are its user's alone.
    expect(statSync(join(home, '.config', 'countersign', 'parked')).mode & 0o077).toBe(0);
  });

  test('2025-11-25: becomes one of that era, and its session is told', async () => {
    const door = open();
    expect(await door.open()).toMatchObject({ tasks: { list: {}, cancel: {} } });
    const id = taskId(await door.say('tools/call', { ...note('io-old.txt'), task: {} }));
    const answered = door.say('tasks/result', { taskId: id });
    await world.site.vote('approve', await world.site.pending());
    expect((await answered).result).toMatchObject({ content: [{ text: 'wrote io-old.txt' }, {}] });
    await expect
      .poll(() => door.heard)
      .toContainEqual(expect.objectContaining({ method: 'notifications/tasks/status' }));
    expect((await door.say('tasks/list')).result).toMatchObject({
      tasks: [{ taskId: id, status: 'completed' }],
    });
    expect(ran('io-old.txt')).toBe(1);
  });

  test.each(['close', 'kill'] as const)(
    'a door that ends (%s) while people think leaves it to the next; nothing runs in between',
    async (how) => {
      const first = open();
      const { result } = await first.modern('tools/call', note(`io-${how}.txt`));
      const id = result?.['taskId'];
      await first.end(how);
      await world.site.vote('approve', await world.site.pending());
      expect(ran(`io-${how}.txt`)).toBe(0);
      const next = open();
      expect(await ended(next, id)).toMatchObject({
        result: { content: [{ text: `wrote io-${how}.txt` }, {}] },
      });
      expect(ran(`io-${how}.txt`)).toBe(1);
    },
  );

  test('what a client of the other era left runs in a session of its own', async () => {
    const first = open();
    await first.open();
    const id = taskId(await first.say('tools/call', { ...note('io-cross.txt'), task: {} }));
    await first.end('close');
    await world.site.vote('approve', await world.site.pending());
    const next = open();
    expect(await ended(next, id)).toMatchObject({
      result: { content: [{ text: 'wrote io-cross.txt' }, {}] },
    });
    expect(ran('io-cross.txt')).toBe(1);
  });

  test.each(['close', 'kill'] as const)(
    'a door that ends (%s) while it runs: outcome-unknown, and never again',
    async (how) => {
      const first = open();
      const { result } = await first.modern('tools/call', note(`slow-io-${how}.txt`));
      const id = result?.['taskId'];
      await world.site.vote('approve', await world.site.pending());
      await expect.poll(() => ran(`slow-io-${how}.txt`), { timeout: 15_000 }).toBe(1);
      await first.end(how);
      const next = open();
      expect(await ended(next, id)).toMatchObject({
        result: { isError: true, _meta: { [DISPOSITION]: 'outcome-unknown' } },
      });
      expect(ran(`slow-io-${how}.txt`)).toBe(1);
    },
  );

  test('before a server with tasks of its own: ours while people are asked, then its own, then its result', async () => {
    const env = { COUNTERSIGN_URL: world.site.url, COUNTERSIGN_API_KEY: world.agentKey };
    const door = new RawStdio(home, env, [
      '--server',
      'every',
      '--hold',
      '0s',
      '--',
      process.execPath,
      EVERYTHING,
    ]);
    doors.push(door);
    await door.open();
    const call = { name: 'simulate-research-query', arguments: { topic: 'consent' }, task: {} };
    const id = taskId(await door.say('tools/call', call));
    expect(id).toMatch(/^tsk_/);
    await world.site.vote('approve', await world.site.pending());
    const { result } = await door.say('tasks/result', { taskId: id });
    expect(JSON.stringify(result)).toMatch(/consent.*This ran once, after a person consented/s);
    expect(result).not.toHaveProperty('task');
  });

  test('a second door of the same agent and server beside the first has no tasks, and says what to do', async () => {
    const first = open();
    await first.modern('tools/list');
    const second = open();
    const { result } = await second.modern('tools/call', note('io-second.txt'));
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).toContain('Make the same call again');
    await world.site.vote('deny', await world.site.pending());
  });
});
