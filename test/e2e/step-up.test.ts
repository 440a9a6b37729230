import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Era, TestAgent } from './agents.ts';
import { openWorld, type Transport, type Upstream, type World } from './world.ts';

const DOORS: readonly [Era, Transport, Upstream][] = [
  ['2025-11-25', 'http', 'files'],
  ['2025-11-25', 'http', 'notes'],
  ['2025-11-25', 'http', 'remote'],
  ['2025-11-25', 'bridge', 'files'],
  ['2025-11-25', 'bridge', 'remote'],
  ['2025-11-25', 'stdio', 'files'],
  ['2025-11-25', 'stdio', 'notes'],
  ['2026-07-28', 'http', 'notes'],
  ['2026-07-28', 'http', 'remote'],
  ['2026-07-28', 'stdio', 'notes'],
  ['2026-07-28', 'bridge', 'notes'],
  ['2026-07-28', 'bridge', 'remote'],
];

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  const verified = await world.site.run(['audit', 'verify', '--data', world.site.data]);
  expect(verified.code, verified.stderr + verified.stdout).toBe(0);
  await world.close();
});

/** The write of this upstream, as its tool wants it. */
function write(upstream: Upstream, name: string, text: string): [string, Record<string, unknown>] {
  return upstream === 'files'
    ? ['write_file', { path: join(world.site.files, name), content: text }]
    : ['write_note', { name, text }];
}

describe.each(DOORS)('%s over %s to %s', (era, transport, upstream) => {
  const file = (name: string) => `${name}-${era}-${transport}-${upstream}.txt`;
  const path = (name: string) => join(world.site.files, file(name));
  let agent: TestAgent;
  beforeAll(async () => {
    agent = await world.agent(era, transport, upstream);
  });
  afterAll(() => agent.close());

  test('lists the tools', async () => {
    expect(await agent.tools()).toContain(upstream === 'files' ? 'write_file' : 'write_note');
  });

  test('a write is held, approved, run once; the same call again asks again', async () => {
    const [tool, args] = write(upstream, file('approved'), 'one');
    const held = agent.call(tool, args);
    const id = await world.site.pending();
    expect(existsSync(path('approved'))).toBe(false);
    await world.site.vote('approve', id);
    expect(await held).toMatchObject({ isError: false });
    expect(readFileSync(path('approved'), 'utf8')).toBe('one');

    const controller = new AbortController();
    const replay = agent.call(tool, args, { signal: controller.signal }).catch(() => undefined);
    const again = await world.site.pending();
    expect(again).not.toBe(id);
    controller.abort();
    await replay;
    await world.site.vote('deny', again);
  });

  test('a denied write does not run, and says so', async () => {
    const [tool, args] = write(upstream, file('denied'), 'two');
    const held = agent.call(tool, args);
    await world.site.vote('deny', await world.site.pending());
    const answer = await held;
    expect(answer).toMatchObject({ isError: true, consent: { status: 'denied' } });
    expect(answer.text).toMatch(/did not run|not run/i);
    const again = await agent.call(tool, args);
    expect(again.isError).toBe(true);
    expect(again.text).toMatch(/denied/i);
    expect(existsSync(path('denied'))).toBe(false);
  });
});

test.each(DOORS.filter(([, , upstream]) => upstream === 'files'))(
  '%s over %s to %s: a reviewed read goes through',
  async (era, transport, upstream) => {
    const agent = await world.agent(era, transport, upstream);
    const answer = await agent.call('read_text_file', { path: join(world.site.files, 'hello.txt') });
    expect(answer).toMatchObject({ isError: false, text: 'hello\n' });
    await agent.close();
  },
);

test('two identical calls held at once: one runs, the other is told so', async () => {
  const agent = await world.agent('2025-11-25', 'http', 'notes');
  const twin = await world.agent('2026-07-28', 'http', 'notes');
  const args = { name: 'twice.txt', text: 'x' };
  const voter = await world.site.openVoter();
  // Each tells when it is held: nobody answers before both are.
  const calls: Promise<Answer>[] = [];
  for (const each of [agent, twin]) {
    await new Promise<void>((onprogress) => {
      calls.push(each.call('write_note', args, { onprogress }));
    });
  }
  const [id = '', ...more] = await voter.waiting();
  expect(more).toEqual([]);
  await voter.vote('approve', id);
  const answers = await Promise.all(calls);
  expect(answers.filter(({ isError }) => !isError)).toHaveLength(1);
  expect(answers.find(({ isError }) => isError)?.consent).toEqual({ status: 'already_run' });
  expect(world.site.writes().filter((name) => name === 'twice.txt')).toHaveLength(1);
  await Promise.all([agent.close(), twin.close()]);
});
