import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder, type DataFolder } from './data-folder.ts';
import { SqliteLog } from './log.ts';
import { SqlitePrincipals } from './principals.ts';
import { SqliteSessions } from './sessions.ts';

let dir: string;
let folder: DataFolder;
let principals: SqlitePrincipals;
let sessions: SqliteSessions;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-remembered-'));
  folder = openDataFolder(dir);
  const log = new SqliteLog(folder.db, 'default', folder.signer, Date.now);
  principals = new SqlitePrincipals(folder.db, log, 'default');
  sessions = new SqliteSessions(folder.db, 'default');
  const owner = { owner_email: 'owner@example.com', new_person_id: 'prs_1' };
  await principals.addAgent({ id: 'agt_1', name: 'bot', key_hash: 'hash', now: 1, ...owner });
});
afterEach(() => {
  folder.close();
  rmSync(dir, { recursive: true, force: true });
});

async function seen(): Promise<unknown> {
  const caller = await principals.findCaller('hash');
  return [(await principals.agent('agt_1'))?.status, caller?.kind === 'agent' && caller.agent.status];
}

test('an agent that was read is read as it is after each change, and as it was after one that failed', async () => {
  expect(await seen()).toEqual(['active', 'active']);
  const suspended = principals.setAgentStatus('agt_1', 'suspended');
  expect(await seen()).toEqual(['active', 'active']);
  await suspended;
  expect(await seen()).toEqual(['suspended', 'suspended']);

  folder.db.all(`PRAGMA max_page_count = ${Number(folder.db.get('PRAGMA page_count')?.['page_count'])}`);
  const bigger = principals.addPep({
    id: 'pep_1',
    status: 'active',
    name: 'x'.repeat(100_000),
    agents: null,
    explains: false,
    created_at: 1,
    key_hash: 'other',
  });
  const outcomes = await Promise.allSettled([principals.setAgentStatus('agt_1', 'active'), bigger]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await seen()).toEqual(['suspended', 'suspended']);
});

test('who is unknown is looked for each time', async () => {
  expect(await principals.findCaller('new')).toBeUndefined();
  await principals.addAgent({
    id: 'agt_2',
    name: 'other',
    key_hash: 'new',
    now: 2,
    owner_email: 'owner@example.com',
    new_person_id: 'prs_2',
  });
  expect(await principals.findCaller('new')).toMatchObject({ agent: { id: 'agt_2' } });
});

test('labels are those of the window that is asked for, with each that was added', async () => {
  await sessions.touch('agt_1', ['b'], 10);
  expect(await sessions.labels('agt_1', 5)).toEqual(['b']);
  await sessions.touch('agt_1', ['a'], 20);
  expect(await sessions.labels('agt_1', 5)).toEqual(['a', 'b']);
  expect(await sessions.labels('agt_1', 15)).toEqual(['a']);
  await sessions.touch('agt_1', ['b'], 30);
  expect(await sessions.labels('agt_1', 25)).toEqual(['b']);
});
