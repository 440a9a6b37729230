import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONSENT, RawAgent } from './raw-agent.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ hold: '1s', pending: '6s' });
});
afterAll(() => world.close());

describe('an answer that comes later', () => {
  test('the agent is told what to do, never by whom; the same call runs after approval, once', async () => {
    const agent = await world.agent('2025-11-25', 'http', 'files');
    const args = { path: join(world.site.files, 'late.txt'), content: 'late' };
    const told = await agent.call('write_file', args);
    expect(told).toMatchObject({ isError: true, consent: { status: 'pending' } });
    expect(told.text).toMatch(/not run/i);
    expect(told.text).not.toMatch(/ann@example\.com|\/requests\/|http/);
    const id = await world.site.pending();
    expect(told.consent?.request_id).toBe(id);
    await world.site.vote('approve', id);
    expect(await agent.call('write_file', args)).toMatchObject({ isError: false });
    expect(readFileSync(args.path, 'utf8')).toBe('late');
    expect(await agent.call('write_file', args)).toMatchObject({
      isError: true,
      consent: { status: 'pending' },
    });
    await agent.close();
  });

  test('nobody answers: expired, told so, and not run', async () => {
    const agent = await world.agent('2025-11-25', 'http', 'files');
    const args = { path: join(world.site.files, 'expired.txt'), content: 'x' };
    const { consent } = await agent.call('write_file', args);
    const id = consent?.request_id ?? '';
    await expect
      .poll(async () => (await (await world.site.openVoter()).show(id)).status, { timeout: 15_000 })
      .toBe('expired');
    await expect(world.site.vote('approve', id)).rejects.toMatchObject({ code: 'invalid_task_state' });
    expect(existsSync(args.path)).toBe(false);
    await agent.close();
  });

  test('a task whose request nobody answers says so, and that nobody denied it', async () => {
    const agent = new RawAgent(`${world.site.url}/mcp/notes`, world.agentKey);
    const { result } = await agent.call('write_note', { name: 'expired-task.txt', text: 'x' });
    let task: Record<string, unknown> | undefined;
    await expect
      .poll(async () => (task = (await agent.task(result?.['taskId'])).result)?.['status'], {
        timeout: 15_000,
      })
      .toBe('completed');
    expect(task?.['result']).toMatchObject({ isError: true, _meta: { [CONSENT]: { status: 'expired' } } });
    expect(world.site.writes()).not.toContain('expired-task.txt');
  });

  test('an approval survives a restart of everything', async () => {
    const agent = await world.agent('2025-11-25', 'http', 'files');
    const args = { path: join(world.site.files, 'restart.txt'), content: 'x' };
    await agent.call('write_file', args);
    await world.site.vote('approve', await world.site.pending());
    await agent.close();
    await world.restart('kill');
    const next = await world.agent('2025-11-25', 'http', 'files');
    expect(await next.call('write_file', args)).toMatchObject({ isError: false });
    expect(existsSync(args.path)).toBe(true);
    await next.close();
  });
});
