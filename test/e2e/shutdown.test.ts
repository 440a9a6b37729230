import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

/** What the command promises an operator. */
const AT_MOST_MS = 5000;

test('SIGTERM answers held calls, waits for running ones, and ends in time with nothing left', async () => {
  const world = await openWorld({ hold: '50s' });
  const agent = await world.agent('2025-11-25', 'http', 'notes');
  const held = agent.call('write_note', { name: 'held.txt', text: 'x' });
  const voter = await world.site.openVoter();
  const id = await voter.pending();
  const stopped = world.server.stop().then(() => 'stopped');
  const late = new Promise((give) => setTimeout(give, AT_MOST_MS, 'late').unref());
  expect(await held).toMatchObject({ isError: true, consent: { status: 'pending', request_id: id } });
  expect(await Promise.race([stopped, late])).toBe('stopped');
  expect(world.server.process.exitCode).toBe(0);
  expect(world.server.events.at(-1)).toEqual({ event: 'stopped' });
  expect(existsSync(join(world.site.files, 'held.txt'))).toBe(false);
  await agent.close().catch(() => {});
  await world.restart('stop');
  await world.close();
});

test('nothing that is secret is in what the server says, at any level', async () => {
  const world = await openWorld({ hold: '0s' }, { COUNTERSIGN_LOG: 'trace' });
  const agent = await world.agent('2025-11-25', 'http', 'notes');
  const args = { name: 'quiet.txt', text: 'an argument body' };
  await agent.call('write_note', args);
  const voter = await world.site.openVoter();
  await voter.vote('approve', await voter.pending());
  expect(await agent.call('write_note', args)).toMatchObject({ isError: false });
  await fetch(`${world.site.url}/access/v1/evaluation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.agentKey}`, 'content-type': 'application/json' },
    body: '{"subject":"an argument body"',
  });
  await agent.close();
  await world.server.stop();
  const said = JSON.stringify(world.server.events) + world.server.complaints();
  for (const secret of [world.agentKey, 'cs_agent_', 'an argument body', 'enrol#']) {
    expect(said).not.toContain(secret);
  }
  await world.close();
});
