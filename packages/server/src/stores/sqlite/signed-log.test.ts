import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { canonicalJson, leafHash, openCheckpoint, utf8Encode } from '@countersign/core';
import type { AuditEvent } from '../../audit/entry.ts';
import { openDataFolder, type DataFolder } from './data-folder.ts';
import { DataFolderError } from './database.ts';
import { SqliteLog } from './log.ts';
import { verifyDataFolder } from './verify.ts';

const revoked: AuditEvent = { type: 'pep_revoked', pep: 'pep_1' };
const answer: AuditEvent = {
  type: 'decision',
  evaluation_id: 'evl_1',
  agent: 'agt_1',
  credential: 'agt_1',
  result: 'permit',
  action: 'tools/call',
  resource: 'tool/files/read',
  binding_hash: 'sha256:0',
  policies: ['reads'],
  policy_version: 'p',
  catalog_version: 'c',
};

let dir: string;
let folder: DataFolder;
let log: SqliteLog;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-signed-'));
  open();
});
afterEach(() => {
  vi.useRealTimers();
  folder.close();
  rmSync(dir, { recursive: true, force: true });
});

function open(): void {
  folder = openDataFolder(join(dir, 'data'));
  try {
    log = new SqliteLog(folder.db, 'default', folder.signer, Date.now);
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** How many entries the stored checkpoint signs. */
function signed(): number {
  const note = folder.db.get(`SELECT note FROM checkpoint`)?.['note'];
  const opened = openCheckpoint(String(note), { origin: folder.signer.key.name, keys: [folder.signer.key] });
  return opened.ok ? opened.checkpoint.size : 0;
}

/** The folder as it would be found after a crash, in a place of its own. */
function crashed(): string {
  const copy = mkdtempSync(join(dir, 'copy-'));
  cpSync(join(dir, 'data'), copy, { recursive: true });
  return copy;
}

test('what changes consent is signed with its batch, and the answers before it; an answer alone is not', async () => {
  await log.appendAlone(revoked);
  expect(signed()).toBe(1);
  await Promise.all([log.appendAlone(answer), log.appendAlone(answer)]);
  expect(signed()).toBe(1);
  await Promise.all([log.appendAlone(answer), log.appendAlone(revoked)]);
  expect(signed()).toBe(5);
});

test('whoever asks for a checkpoint gets one over all that there is', async () => {
  await log.appendAlone(revoked);
  const early = await log.checkpoint();
  await log.appendAlone(answer);
  expect(await log.checkpoint()).not.toBe(early);
  expect(signed()).toBe(2);
  expect(await log.checkpoint()).toBe(await log.checkpoint());
});

test('answers are signed together within a second, once', async () => {
  await log.appendAlone(revoked);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  for (let n = 0; n < 3; n++) await log.appendAlone(answer);
  vi.advanceTimersByTime(999);
  await folder.db.write(() => undefined);
  expect(signed()).toBe(1);
  vi.advanceTimersByTime(1);
  await folder.db.write(() => undefined);
  expect(signed()).toBe(4);
  expect(vi.getTimerCount()).toBe(0);
});

test('what could not be signed for want of room is signed when there is room, whatever comes next', async () => {
  await log.appendAlone(revoked);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await log.appendAlone(answer);
  const refusing = vi.spyOn(folder.db, 'run').mockImplementation(() => {
    throw new Error('the disk is full');
  });
  vi.advanceTimersByTime(1000);
  await expect(folder.db.write(() => undefined)).rejects.toThrow();
  refusing.mockRestore();
  expect(signed()).toBe(1);
  vi.advanceTimersByTime(1000);
  await folder.db.write(() => undefined);
  expect(signed()).toBe(2);
  await log.appendAlone(answer);
  vi.advanceTimersByTime(1000);
  folder.close();
  vi.advanceTimersByTime(1000);
  expect(vi.getTimerCount()).toBe(0);
});

test('all is signed when the folder is closed', async () => {
  await log.appendAlone(answer);
  folder.close();
  expect(await verifyDataFolder(join(dir, 'data'), 'default')).toMatchObject({
    ok: true,
    not_proven: [expect.stringContaining('--checkpoint')],
  });
  open();
  expect(signed()).toBe(1);
});

test('after a crash the answers of the last moment are said not to be proven, and are signed by the next start', async () => {
  await log.appendAlone(revoked);
  await log.appendAlone(answer);
  await log.appendAlone(answer);
  const copy = crashed();
  const report = await verifyDataFolder(copy, 'default');
  expect(report).toMatchObject({ ok: true, size: 3 });
  expect(report.not_proven[0]).toMatch(/^that the answers from entry 1 on are as they were given/);
  folder.close();
  folder = openDataFolder(copy);
  log = new SqliteLog(folder.db, 'default', folder.signer, Date.now);
  await log.appendAlone(revoked);
  expect(signed()).toBe(4);
  expect((await verifyDataFolder(copy, 'default')).not_proven).toHaveLength(1);
});

test('what is queued when the folder is closed is signed too', async () => {
  await log.appendAlone(revoked);
  const last = log.appendAlone(answer);
  folder.close();
  await last;
  open();
  expect(signed()).toBe(2);
});

test('a log that begins with answers is found as it was left', async () => {
  await log.appendAlone(answer);
  await log.appendAlone(answer);
  const copy = crashed();
  expect((await verifyDataFolder(copy, 'default')).problems).toEqual([]);
  folder.close();
  folder = openDataFolder(copy);
  log = new SqliteLog(folder.db, 'default', folder.signer, Date.now);
  expect([await log.size(), log.foundUnsigned]).toEqual([2, 1]);
});

/** An entry that somebody without the log's key adds. */
function forge(db: DatabaseSync, idx: number, event: AuditEvent): void {
  const leaf = utf8Encode(canonicalJson({ v: 1, at: '', tenant: 'default', event }));
  db.prepare(`INSERT OR REPLACE INTO entry (tenant, idx, leaf, hash) VALUES ('default', ?, ?, ?)`).run(
    idx,
    leaf,
    leafHash(leaf),
  );
}

test.each<[string, (db: DatabaseSync) => void]>([
  ['an entry changed with its hash', (db) => forge(db, 0, answer)],
  ['an entry missing in the middle', (db) => db.exec(`DELETE FROM entry WHERE idx = 1`)],
  ['an entry of another index', (db) => db.exec(`UPDATE entry SET idx = 7 WHERE idx = 2`)],
  [
    'an entry added that says nothing',
    (db) => {
      forge(db, 3, answer);
      const leaf = utf8Encode('nothing');
      db.prepare(`UPDATE entry SET leaf = ?, hash = ? WHERE idx = 3`).run(leaf, leafHash(leaf));
    },
  ],
  ['an entry cut off', (db) => db.exec(`DELETE FROM entry WHERE idx = 2`)],
  ['a change of consent added', (db) => forge(db, 3, revoked)],
  [
    'an answer added whose hash is another',
    (db) => {
      forge(db, 3, answer);
      db.exec(`UPDATE entry SET hash = zeroblob(32) WHERE idx = 3`);
    },
  ],
  ['no checkpoint', (db) => db.exec(`DELETE FROM checkpoint`)],
  [
    'a checkpoint of another size',
    (db) => db.exec(`UPDATE checkpoint SET note = replace(note, char(10) || '3', char(10) || '2')`),
  ],
])('a log with %s is refused and not signed anew, and the check of it says so too', async (_name, change) => {
  await log.appendAlone(revoked);
  await log.appendAlone(answer);
  await log.appendAlone(revoked);
  folder.close();
  const db = new DatabaseSync(join(dir, 'data', 'countersign.db'));
  change(db);
  db.close();
  expect((await verifyDataFolder(join(dir, 'data'), 'default')).ok).toBe(false);
  expect(open).toThrow(DataFolderError);
  expect(open).toThrow(/not the one that was last signed/);
});

test.each<[string, (db: DatabaseSync) => void]>([
  ['an answer missing', (db) => db.exec(`DELETE FROM entry WHERE idx = 100`)],
  ['an answer changed below a subtree that is not', (db) => forge(db, 100, { ...answer, agent: 'agt_2' })],
  ['a subtree changed', (db) => db.exec(`UPDATE node SET hash = zeroblob(32)`)],
  ['a subtree missing', (db) => db.exec(`DELETE FROM node`)],
])('answers not signed yet with %s are refused, however many they are', async (_name, change) => {
  await log.appendAlone(revoked);
  await Promise.all(Array.from({ length: 1300 }, () => log.appendAlone(answer)));
  const copy = crashed();
  const whole = crashed();
  folder.close();
  folder = openDataFolder(whole);
  log = new SqliteLog(folder.db, 'default', folder.signer, Date.now);
  expect([await log.size(), signed()]).toEqual([1301, 1]);
  folder.close();
  const db = new DatabaseSync(join(copy, 'countersign.db'));
  change(db);
  db.close();
  expect((await verifyDataFolder(copy, 'default')).ok).toBe(false);
  folder = openDataFolder(copy);
  expect(() => new SqliteLog(folder.db, 'default', folder.signer, Date.now)).toThrow(DataFolderError);
});

test.each(['null', '{"v":1}', '{"event":7,"v":1}', '{"v":1, "event":{"type":"search"}}'])(
  'a leaf %s that nobody signed is named by the check, which goes on, and no start signs it',
  async (json) => {
    await log.appendAlone(revoked);
    folder.close();
    const db = new DatabaseSync(join(dir, 'data', 'countersign.db'));
    forge(db, 1, answer);
    db.prepare(`UPDATE entry SET leaf = ?, hash = ? WHERE idx = 1`).run(
      utf8Encode(json),
      leafHash(utf8Encode(json)),
    );
    db.close();
    const { problems } = await verifyDataFolder(join(dir, 'data'), 'default');
    expect(problems).toEqual([expect.stringContaining('entry 1: ')]);
    expect(open).toThrow(DataFolderError);
  },
);

test('other answers after an older checkpoint that was put back: the check says from where, a kept one shows it', async () => {
  await log.appendAlone(revoked);
  const older = (await log.checkpoint()) ?? '';
  await log.appendAlone(answer);
  await log.appendAlone(answer);
  const kept = await log.checkpoint();
  folder.close();
  const db = new DatabaseSync(join(dir, 'data', 'countersign.db'));
  db.prepare(`UPDATE checkpoint SET note = ?`).run(older);
  forge(db, 1, { ...answer, agent: 'agt_2' });
  db.close();
  const path = join(dir, 'data');
  expect(await verifyDataFolder(path, 'default')).toMatchObject({
    ok: true,
    not_proven: [expect.stringContaining('answers from entry 1 on'), expect.stringContaining('--checkpoint')],
  });
  expect((await verifyDataFolder(path, 'default', kept)).ok).toBe(false);
  open();
  await log.checkpoint();
  expect(await verifyDataFolder(path, 'default')).toMatchObject({
    ok: true,
    not_proven: [expect.anything()],
  });
  expect((await verifyDataFolder(path, 'default', kept)).ok).toBe(false);
});

test('a key that a first start was killed in writing is made anew, and kept from then on', async () => {
  const fresh = join(dir, 'fresh');
  mkdirSync(fresh);
  writeFileSync(join(fresh, 'log.key.new'), '-----BEGIN');
  folder.close();
  folder = openDataFolder(fresh);
  const { key } = folder.signer;
  folder.close();
  expect(readdirSync(fresh)).not.toContain('log.key.new');
  folder = openDataFolder(fresh);
  expect(folder.signer.key).toEqual(key);
});

test('a folder that lost the key of its log is refused, and nothing takes the place of that key', async () => {
  await log.appendAlone(revoked);
  folder.close();
  const path = join(dir, 'data');
  const vkey = readFileSync(join(path, 'log.vkey'), 'utf8');
  renameSync(join(path, 'log.key'), join(dir, 'log.key'));
  expect(open).toThrow(/log\.key is not in .*: restore it$/);
  expect(readFileSync(join(path, 'log.vkey'), 'utf8')).toBe(vkey);
  renameSync(join(dir, 'log.key'), join(path, 'log.key'));
  open();
  expect(await log.size()).toBe(1);
});
