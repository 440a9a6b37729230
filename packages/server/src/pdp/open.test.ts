import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openPdp, type OpenPdp } from './open.ts';
import type { PolicySetInfo } from './port.ts';
import { question } from './testing.ts';

const PERMIT = '@id("p") permit (principal, action, resource);\n';
const FORBID = '@id("f") forbid (principal, action, resource);\n';

let folder: string;
let opened: OpenPdp | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pdp-'));
  await write('a.cedar', PERMIT);
});

afterEach(async () => {
  await opened?.close();
  opened = undefined;
  await rm(folder, { recursive: true });
});

test('refuses to start on a set with problems', async () => {
  await write('b.cedar', 'permit');
  await expect(open()).rejects.toMatchObject({
    name: 'PolicySetError',
    problems: [{ file: 'b.cedar', line: 1 }],
  });
});

test('refuses to start without policies or folder', async () => {
  await rm(join(folder, 'a.cedar'));
  await expect(open()).rejects.toThrow('folder has no *.cedar file');
  await expect(open({ policiesDir: join(folder, 'none') })).rejects.toThrow('cannot be read: ENOENT');
});

test('notices a file that an editor writes beside and renames, and records before it decides', async () => {
  const kinds: string[] = [];
  const { pdp } = await open({
    onReload: async () => {
      kinds.push(pdp.decide(question()).kind);
    },
  });
  const before = pdp.info;
  await write('a.cedar.tmp', FORBID);
  await rename(join(folder, 'a.cedar.tmp'), join(folder, 'a.cedar'));
  await vi.waitFor(() => expect(pdp.decide(question()).kind).toBe('forbid'), { timeout: 1500 });
  expect(kinds).toEqual(['permit']);
  expect(pdp.info.policy_version).not.toBe(before.policy_version);
  expect(pdp.decide(question()).policy_version).toBe(pdp.info.policy_version);
});

test('keeps the old set when the new one has problems, and says so once', async () => {
  const onRefused = vi.fn<(error: Error) => void>();
  const { pdp } = await open({ onRefused });
  await write('b.cedar', `${FORBID}@id("x") @ttl("1d") permit (principal, action, resource);`);
  await vi.waitFor(() => expect(onRefused).toHaveBeenCalled(), { timeout: 1500 });
  await delay(600);
  expect(onRefused).toHaveBeenCalledTimes(1);
  expect(onRefused.mock.calls[0]?.[0].message).toMatch(/^b\.cedar:2: /);
  expect(pdp.decide(question()).kind).toBe('permit');
});

test('notices a changed catalog', async () => {
  const { pdp } = await open({ upstreams: [{ name: 'fs', catalog: 'files' }] });
  expect(pdp.decide(question()).facts.reviewed).toBe(false);
  await write('files.yaml', 'tools: { read: { effects: [read], outward: false } }');
  await vi.waitFor(() => expect(pdp.decide(question()).facts.reviewed).toBe(true), { timeout: 1500 });
});

test('decides nothing while a change cannot be recorded, until one is', async () => {
  const onReload = vi.fn<(info: PolicySetInfo) => Promise<void>>().mockRejectedValue(new Error('disk full'));
  const { pdp, reload } = await open({ onReload });
  await write('a.cedar', FORBID);
  expect(await reload()).toMatchObject({ kind: 'unrecorded' });
  expect(pdp.decide(question())).toMatchObject({ kind: 'indeterminate', why: 'policy change not recorded' });
  await write('a.cedar', PERMIT);
  expect((await reload()).kind).toBe('unrecorded');
  onReload.mockResolvedValue();
  expect((await reload()).kind).toBe('reloaded');
  expect(pdp.decide(question()).kind).toBe('permit');
});

test('reload without a change records nothing', async () => {
  const onReload = vi.fn<(info: PolicySetInfo) => void>();
  const { reload, pdp } = await open({ onReload });
  expect(await reload()).toEqual({ kind: 'unchanged', info: pdp.info });
  expect(onReload).not.toHaveBeenCalled();
});

test('the version changes with the bytes, a name and the default; the catalog version with the mapping', async () => {
  const first = await versions();
  expect(await versions()).toEqual(first);
  const outside = await versions({ outsideBoundary: { step_up: 'ops' } });
  expect(outside.groups).toEqual(['ops']);
  const mapped = await versions({ upstreams: [{ name: 'fs', catalog: 'files' }] });
  expect(mapped.policy_version).toBe(first.policy_version);
  expect(mapped.catalog_version).not.toBe(first.catalog_version);
  await rename(join(folder, 'a.cedar'), join(folder, 'b.cedar'));
  const renamed = await versions();
  await write('b.cedar', `${PERMIT}// note\n`);
  const edited = await versions();
  const all = [first, outside, renamed, edited].map((info) => info.policy_version);
  expect(new Set(all).size).toBe(all.length);
});

test('notices a change of the entities, which is another version, and refuses one that cannot be read', async () => {
  const onRefused = vi.fn<(error: Error) => void>();
  await write('a.cedar', '@id("p") permit (principal, action, resource) when { principal.level > 2 };');
  await write('entities.json', entity(1));
  const { pdp } = await open({ onRefused, entitiesFile: join(folder, 'entities.json') });
  const asked = question({ subject: { type: 'user', id: 'ann' } });
  expect(pdp.decide(asked).kind).toBe('forbid');
  const { policy_version } = pdp.info;
  await write('entities.json', entity(3));
  await vi.waitFor(() => expect(pdp.decide(asked).kind).toBe('permit'), { timeout: 1500 });
  expect(pdp.info.policy_version).not.toBe(policy_version);
  await write('entities.json', '[');
  await vi.waitFor(() => expect(onRefused).toHaveBeenCalled(), { timeout: 1500 });
  expect(pdp.decide(asked).kind).toBe('permit');
  expect(pdp.entities('user')).toEqual(['ann']);
});

test('decides while it reads a large set', async () => {
  const { pdp, reload } = await open();
  const policy = (i: number): string =>
    `@id("q${i}") permit (principal == user::"u${i}", action, resource) when { context.agent.name == "${i}" };\n`;
  await write('b.cedar', Array.from({ length: 3000 }, (_, i) => policy(i)).join(''));
  const state = { done: false };
  const reloading = reload().finally(() => (state.done = true));
  let decided = 0;
  while (!state.done) {
    if (pdp.decide(question()).kind === 'permit') decided++;
    await new Promise((turn) => setImmediate(turn));
  }
  await reloading;
  expect(pdp.info.policies).toHaveLength(3001);
  expect(decided).toBeGreaterThan(100);
});

test('says what is wrong with a large set, too', async () => {
  const many = Array.from({ length: 2000 }, (_, i) => `@id("q${i}") permit (principal, action, resource);`);
  await write('b.cedar', [...many, '@id("q7") permit (principal, action, resource);'].join('\n'));
  await expect(open()).rejects.toMatchObject({
    name: 'PolicySetError',
    problems: [{ file: 'b.cedar', line: 2001, reason: expect.stringContaining('is taken by a policy') }],
  });
});

function entity(level: number): string {
  return JSON.stringify([{ type: 'user', id: 'ann', properties: { level } }]);
}

async function versions(options: Parameters<typeof open>[0] = {}): Promise<PolicySetInfo> {
  const { pdp, close } = await open(options);
  await close();
  return pdp.info;
}

async function open(options: Partial<Parameters<typeof openPdp>[0]> = {}): Promise<OpenPdp> {
  opened = await openPdp({
    policiesDir: folder,
    catalogDir: folder,
    outsideBoundary: 'forbid',
    upstreams: [],
    onReload: () => undefined,
    onRefused: () => undefined,
    ...options,
  });
  return opened;
}

function write(name: string, text: string): Promise<void> {
  return writeFile(join(folder, name), text);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
