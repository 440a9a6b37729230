import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from './data-folder.ts';
import { Database } from './database.ts';
import { SqliteLog } from './log.ts';
import { WalFile, type Durability } from './wal-file.ts';

/** A disk that takes its time, and answers as it is told. */
class SlowDisk implements Durability {
  readonly #wal: WalFile;
  readonly waiting: { readonly take: () => void; readonly refuse: () => void }[] = [];

  constructor(path: string) {
    this.#wal = new WalFile(path);
  }

  async sync(): Promise<void> {
    await new Promise<void>((take, refuse) =>
      this.waiting.push({ take, refuse: () => refuse(new Error('EIO')) }),
    );
    await this.#wal.sync();
  }

  syncNow(): void {
    this.#wal.syncNow();
  }

  close(): void {
    this.#wal.close();
  }
}

let dir: string;
let path: string;
let disk: SlowDisk;
let db: Database;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-durability-'));
  path = join(dir, 'countersign.db');
  disk = new SlowDisk(path);
  db = new Database(path, { wal: disk });
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const put = (key: string): Promise<number> =>
  db.write(() => db.run(`INSERT INTO meta (key, value) VALUES (?, 'x')`, [key]));

/** What a promise has come to by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next));
  return await Promise.race([
    promise.then(
      () => 'answered',
      (error: Error) => error.message,
    ),
    new Promise<string>((open) => setImmediate(() => open('waits'))),
  ]);
}

const keys = (in_: Database): unknown[] =>
  in_.all(`SELECT key FROM meta ORDER BY key`).map((row) => row['key']);

test('nobody is answered, and nothing read is called durable, before the disk has it', async () => {
  const first = put('a');
  expect(await stateOf(first)).toBe('waits');
  expect(keys(db)).toEqual(['a']);
  expect(await stateOf(db.durable())).toBe('waits');
  disk.waiting.shift()?.take();
  await first;
  await db.durable();
});

test.each([
  ['at once', Infinity],
  ['beside, from the second on', -1],
])(
  'a sync that is waited for %s is over when it says so, before and after there is a file',
  async (_how, slowMs) => {
    const own = join(dir, 'own.db');
    const wal = new WalFile(own, slowMs);
    await wal.sync();
    const written = new Database(own);
    for (let n = 0; n < 5; n++) {
      await written.write(() => written.run(`INSERT INTO meta (key, value) VALUES (?, 'x')`, [String(n)]));
      await wal.sync();
    }
    const last = wal.sync();
    wal.close();
    await last;
    await written.write(() => written.run(`DELETE FROM meta`));
    written.close();
  },
);

test('a checkpoint is shown once it is on the disk: it would be kept, and could be held against the log', async () => {
  const other = openDataFolder(join(dir, 'signer'));
  const { signer } = other;
  const log = new SqliteLog(db, 'default', signer, Date.now);
  const appended = log.appendAlone({ type: 'pep_revoked', pep: 'pep_1' });
  expect(await stateOf(appended)).toBe('waits');
  const shown = log.checkpoint();
  expect(await stateOf(shown)).toBe('waits');
  disk.waiting.shift()?.take();
  expect(await shown).toContain(signer.key.name);
  other.close();
});

test('while the disk is at it the next batch gathers, and is committed as one', async () => {
  const first = put('a');
  expect(await stateOf(first)).toBe('waits');
  const more = ['b', 'c', 'd'].map(put);
  expect(await stateOf(Promise.race(more))).toBe('waits');
  expect(keys(db)).toEqual(['a']);
  disk.waiting.shift()?.take();
  await first;
  expect(await stateOf(Promise.race(more))).toBe('waits');
  expect(keys(db)).toEqual(['a', 'b', 'c', 'd']);
  expect(disk.waiting).toHaveLength(1);
  disk.waiting.shift()?.take();
  await Promise.all(more);
});

test('a disk that did not take it refuses that batch, those that wait, and all that follow', async () => {
  const first = put('a');
  expect(await stateOf(first)).toBe('waits');
  const second = put('b');
  disk.waiting.shift()?.refuse();
  for (const each of [first, second, put('c')])
    await expect(each).rejects.toThrow(/disk did not take .* restart/);
  await expect(db.durable()).rejects.toThrow('EIO');
  db.close();

  const after = new Database(path);
  await after.write(() => after.run(`INSERT INTO meta (key, value) VALUES ('d', 'x')`));
  expect(keys(after)).toContain('d');
  expect(keys(after)).not.toContain('b');
  after.close();
});

test('what is on its way to the disk and what waits at close is on it afterwards, and answered', async () => {
  const first = put('a');
  expect(await stateOf(first)).toBe('waits');
  const second = put('b');
  db.close();
  await Promise.all([first, second]);
  await expect(put('c')).rejects.toThrow('closed');
  disk.waiting.shift()?.take();
  const after = new Database(path);
  expect(keys(after)).toEqual(['a', 'b']);
  after.close();
});
