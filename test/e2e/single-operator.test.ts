import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

/** The agent's owner is the only approver: `ann` of the enrolled key. */
async function owned(single_operator: boolean) {
  const world = await openWorld({ hold: '0s', single_operator });
  const { api_key: key = '' } = await world.site.json('agent', 'add', 'own', '--owner', 'ann@example.com');
  const { connect } = await import('./agents.ts');
  const agent = await connect('2025-11-25', { kind: 'http', url: `${world.site.url}/mcp/notes`, key });
  return { world, agent, path: join(world.site.files, 'own.txt'), args: { name: 'own.txt', text: 'mine' } };
}

test('an owner cannot vote for the own agent', async () => {
  const { world, agent, args, path } = await owned(false);
  await agent.call('write_note', args);
  const voter = await world.site.openVoter();
  const id = await voter.pending();
  await expect(voter.vote('approve', id)).rejects.toMatchObject({ code: 'not_eligible' });
  expect(await agent.call('write_note', args)).toMatchObject({ consent: { status: 'pending' } });
  expect(existsSync(path)).toBe(false);
  await agent.close();
  await world.close();
});

test('a single operator can, and every record says so', async () => {
  const { world, agent, args, path } = await owned(true);
  await agent.call('write_note', args);
  const voter = await world.site.openVoter();
  const id = await voter.pending();
  const view = await voter.vote('approve', id);
  expect(view).toMatchObject({ status: 'approved', self_approved: true, votes: [{ self_approved: true }] });
  expect(await agent.call('write_note', args)).toMatchObject({ isError: false });
  expect(existsSync(path)).toBe(true);
  const shown = await world.site.run(['request', 'show', id, '--data', world.site.data]);
  expect(shown.stdout).toMatch(/self-approved/);
  await agent.close();
  await world.close();
});
