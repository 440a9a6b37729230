import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditEvent } from '../../audit/entry.ts';
import { Database } from './database.ts';
import { openDataFolder, type DataFolder } from './data-folder.ts';
import { SqliteLog } from './log.ts';
import { verifyDataFolder } from './verify.ts';

const event = (pep: string): AuditEvent => ({ type: 'pep_revoked', pep });

let dir: string;
let folder: DataFolder;
let log: SqliteLog;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-commit-'));
  folder = openDataFolder(dir);
  log = new SqliteLog(folder.db, 'default', folder.signer, Date.now);
});
afterEach(async () => {
  folder.close();
  expect((await verifyDataFolder(dir, 'default')).problems).toEqual([]);
  rmSync(dir, { recursive: true, force: true });
});

test('appends that arrive together share one commit and all are there', async () => {
  const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => log.appendAlone(event(String(n)))));
  expect(answers.map(({ index }) => index)).toEqual(Array.from({ length: 500 }, (_, n) => n));
  expect(await log.size()).toBe(500);
});

test('one closure that throws is refused alone; its neighbours are committed', async () => {
  const outcomes = await Promise.allSettled([
    log.appendAlone(event('before')),
    folder.db.write(() => {
      log.append(event('lost'));
      throw new Error('no');
    }),
    log.appendAlone(event('after')),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await log.size()).toBe(2);
});

test('a full disk refuses the whole batch, in memory too, and when there is room again the log goes on', async () => {
  await log.appendAlone(event('first'));
  const pages = Number(folder.db.get('PRAGMA page_count')?.['page_count']);
  folder.db.all(`PRAGMA max_page_count = ${pages + 2}`);
  const big = 'x'.repeat(4000);
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => log.appendAlone(event(big))));
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
  expect(await log.size()).toBe(1);
  folder.db.all('PRAGMA max_page_count = 1000000');
  expect(await log.appendAlone(event('second'))).toEqual({ index: 1 });
});

test('what is queued at close is committed; what comes after is refused', async () => {
  const last = log.appendAlone(event('last'));
  folder.close();
  await expect(last).resolves.toEqual({ index: 0 });
  await expect(log.appendAlone(event('late'))).rejects.toThrow('closed');
});

test('a folder in use is refused in one line, and reading it is not', async () => {
  await log.appendAlone(event('here'));
  expect(() => openDataFolder(dir)).toThrow(/in use by another countersign process/);
  expect((await verifyDataFolder(dir, 'default')).ok).toBe(true);
});

test('a folder written by a newer version is refused', async () => {
  folder.db.all('PRAGMA user_version = 99');
  folder.close();
  expect(() => new Database(join(dir, 'countersign.db'))).toThrow(/newer version/);
  expect(() => openDataFolder(dir)).toThrow(/newer version/);
  const { DatabaseSync } = await import('node:sqlite');
  const raw = new DatabaseSync(join(dir, 'countersign.db'));
  raw.exec('PRAGMA user_version = 1');
  raw.close();
});
