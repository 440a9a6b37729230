import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FILESYSTEM } from './countersign.ts';
import { connect } from './agents.ts';
import { openWorld, type World } from './world.ts';

interface Case {
  readonly name: string;
  /** Changes something after the approval; answers the call to make then. */
  readonly change: (path: string) => Promise<[string, Record<string, unknown>] | void>;
  readonly restore?: () => Promise<void>;
  readonly upstream?: 'files' | 'twin';
  readonly as?: 'other';
}

let world: World;
let otherKey: string;
beforeAll(async () => {
  const { dirname } = import.meta;
  world = await openWorld({ hold: '0s' });
  // A second upstream of the same server: the same tool name behind another name is another tool.
  const config = JSON.parse(readFileSync(join(world.site.dir, 'countersign.yaml'), 'utf8')) as {
    upstreams: Record<string, unknown>;
  };
  config.upstreams['twin'] = {
    command: process.execPath,
    args: [FILESYSTEM, world.site.files],
    catalog: 'filesystem',
  };
  config.upstreams['shifty'] = {
    command: process.execPath,
    args: [join(dirname, 'upstream/shifting-server.ts'), world.site.files],
  };
  world.site.configure(config);
  await world.restart('stop');
  otherKey =
    (await world.site.json('agent', 'add', 'other', '--owner', 'owner@example.com'))['api_key'] ?? '';
});
afterAll(() => world.close());

const forbid = (): string => join(world.site.policies, 'forbid.cedar');
/** Reload is noticed within a second. */
const reloaded = () => new Promise((later) => setTimeout(later, 1500));

describe('one material field changed after the approval: refused, nothing runs', () => {
  const cases: Case[] = [
    {
      name: 'another tool',
      change: async (path) => ['edit_file', { path, edits: [{ oldText: '', newText: 'x' }] }],
    },
    {
      name: 'another path',
      change: async (path) => ['write_file', { path: `${path}2`, content: 'approved' }],
    },
    { name: 'another content', change: async (path) => ['write_file', { path, content: 'approveD' }] },
    {
      name: 'one more argument',
      change: async (path) => ['write_file', { path, content: 'approved', mode: 'a' }],
    },
    { name: 'one argument less', change: async (path) => ['write_file', { path }] },
    {
      name: 'a null argument',
      change: async (path) => ['write_file', { path, content: 'approved', mode: null }],
    },
    { name: 'another upstream', change: async () => {}, upstream: 'twin' },
    { name: 'another agent', change: async () => {}, as: 'other' },
    {
      name: 'a policy set that forbids it',
      change: async () => {
        writeFileSync(
          forbid(),
          '@id("no-writes") forbid (principal, action, resource == tool::"files/write_file");',
        );
        await reloaded();
      },
      restore: async () => {
        writeFileSync(forbid(), '@id("no-writes") forbid (principal, action, resource == tool::"nothing");');
        await reloaded();
      },
    },
    {
      name: 'a policy set that wants two',
      change: async () => {
        writeFileSync(
          forbid(),
          '@id("two") @step_up("approvers") @quorum("2") @assurance("key") permit (principal, action, resource == tool::"files/write_file");',
        );
        await reloaded();
      },
      restore: async () => {
        writeFileSync(forbid(), '@id("no-writes") forbid (principal, action, resource == tool::"nothing");');
        await reloaded();
      },
    },
    {
      name: 'a suspended agent',
      change: async () => void (await world.site.run(['agent', 'suspend', 'bot', '--data', world.site.data])),
      restore: async () => void (await world.site.run(['agent', 'resume', 'bot', '--data', world.site.data])),
    },
  ];

  test.each(cases.map((each, index) => [each.name, each, index] as const))(
    '%s',
    async (_name, each, index) => {
      const path = join(world.site.files, `bound-${index}.txt`);
      const agent = await world.agent('2025-11-25', 'http', 'files');
      const call = { path, content: 'approved' };
      expect(await agent.call('write_file', call)).toMatchObject({
        isError: true,
        consent: { status: 'pending' },
      });
      await world.site.vote('approve', await world.site.pending());
      const before = snapshot();
      const [tool, args] = (await each.change(path)) ?? ['write_file', call];
      try {
        const caller =
          each.as === undefined && each.upstream === undefined
            ? agent
            : await connect('2025-11-25', {
                kind: 'http',
                url: `${world.site.url}/mcp/${each.upstream ?? 'files'}`,
                key: each.as === 'other' ? otherKey : world.agentKey,
              });
        const answer = await caller
          .call(tool, args)
          .catch((error: Error) => ({ isError: true, text: error.message }));
        expect(answer.isError).toBe(true);
        expect(snapshot()).toEqual(before);
      } finally {
        await each.restore?.();
      }
      // Whatever the changed call parked is put away, so that the next case meets only its own.
      const voter = await world.site.openVoter();
      for (const id of await voter.waiting()) await voter.vote('deny', id);
      await agent.close();
    },
  );

  test('another tool definition', async () => {
    const agent = await world.agent('2025-11-25', 'http', 'shifty' as 'files');
    expect(await agent.call('write_note', { name: 'shifted', text: 'x' })).toMatchObject({
      consent: { status: 'pending' },
    });
    await world.site.vote('approve', await world.site.pending());
    writeFileSync(join(world.site.files, 'shift'), '');
    const answer = await agent.call('write_note', { name: 'shifted', text: 'x' });
    expect(answer.isError).toBe(true);
    expect(existsSync(join(world.site.files, 'shifted'))).toBe(false);
    await agent.close();
  });
});

function snapshot(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(world.site.files).map((name) => [name, readFileSync(join(world.site.files, name), 'utf8')]),
  );
}
