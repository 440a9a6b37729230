import {
  appendLeaf,
  canonicalJson,
  EMPTY_RANGE,
  leafHash,
  rangeFromReader,
  rangeRoot,
  signCheckpoint,
  utf8Encode,
  type CompactRange,
  type HashReader,
  type JsonObject,
  type NoteSigner,
} from '@countersign/core';
import type { AuditEntry, AuditEvent } from '../../audit/entry.ts';
import type { AuditStore, StoredEntry } from '../../audit/port.ts';
import { storedHashReader } from '../../audit/stored-hashes.ts';
import { rfc3339, type Clock } from '../../parts.ts';
import type { BatchParticipant, Database } from './database.ts';
import { blob, integer, text } from './columns.ts';

/** c2sp.org/tlog-tiles: an entry's length is 16 bits. */
const MAX_LEAF_BYTES = 65_535;

/**
 * The Merkle log in SQLite. Its tree in memory is that of the last commit; within a batch it runs ahead and
 * is rewound when the batch fails, so that memory never knows an entry that the disk does not.
 */
export class SqliteLog implements AuditStore, BatchParticipant {
  readonly #db: Database;
  readonly #tenant: string;
  readonly #signer: NoteSigner;
  readonly #clock: Clock;
  #tree: CompactRange;
  #marked: CompactRange;

  constructor(db: Database, tenant: string, signer: NoteSigner, clock: Clock) {
    this.#db = db;
    this.#tenant = tenant;
    this.#signer = signer;
    this.#clock = clock;
    const row = db.get(`SELECT count(*) AS n FROM entry WHERE tenant = ?`, [tenant]);
    const size = row === undefined ? 0 : integer(row, 'n');
    this.#tree = size === 0 ? EMPTY_RANGE : rangeFromReader(size, sqliteHashReader(db, tenant));
    this.#marked = this.#tree;
    db.join(this);
  }

  /** Appends within the batch under way; only inside `Database.write`. Answers the entry's index. */
  append(event: AuditEvent): number {
    const entry: AuditEntry = { v: 1, at: rfc3339(this.#clock()), tenant: this.#tenant, event };
    const leaf = utf8Encode(canonicalJson(entry as unknown as JsonObject));
    if (leaf.length > MAX_LEAF_BYTES) throw new Error('a log entry is longer than 65535 bytes');
    const index = this.#tree.size;
    const hash = leafHash(leaf);
    this.#db.run(`INSERT INTO entry (tenant, idx, leaf, hash) VALUES (?,?,?,?)`, [
      this.#tenant,
      index,
      leaf,
      hash,
    ]);
    this.#tree = appendLeaf(this.#tree, hash, (level, position, subtree) => {
      // Tiles are eight levels high: what lies between is computed from the level below.
      if (level === 0 || level % 8 !== 0) return;
      this.#db.run(`INSERT INTO node (tenant, level, idx, hash) VALUES (?,?,?,?)`, [
        this.#tenant,
        level,
        position,
        subtree,
      ]);
    });
    return index;
  }

  mark(): void {
    this.#marked = this.#tree;
  }

  seal(): void {
    if (this.#tree === this.#marked) return;
    const { size } = this.#tree;
    const note = signCheckpoint(
      { origin: this.#signer.key.name, size, root: rangeRoot(this.#tree), extensions: [] },
      [this.#signer],
    );
    this.#db.run(
      `INSERT INTO checkpoint (tenant, note) VALUES (?,?) ON CONFLICT (tenant) DO UPDATE SET note = excluded.note`,
      [this.#tenant, note],
    );
  }

  rewind(): void {
    this.#tree = this.#marked;
  }

  // AuditStore

  appendAlone(event: AuditEvent): Promise<{ readonly index: number }> {
    return this.#db.write(() => ({ index: this.append(event) }));
  }

  async checkpoint(): Promise<string | undefined> {
    const row = this.#db.get(`SELECT note FROM checkpoint WHERE tenant = ?`, [this.#tenant]);
    // Whoever has it can show it for ever: one that a power cut takes back would make us sign another log beside it.
    await this.#db.durable();
    return row && text(row, 'note');
  }

  async size(): Promise<number> {
    return this.#tree.size;
  }

  hashes(): HashReader {
    return sqliteHashReader(this.#db, this.#tenant);
  }

  async entries(start: number, limit: number): Promise<readonly StoredEntry[]> {
    return storedEntries(this.#db, this.#tenant, start, limit);
  }
}

/** The entries from `start`, at most `limit`, as stored. */
export function storedEntries(db: Database, tenant: string, start: number, limit: number): StoredEntry[] {
  return db
    .all(`SELECT idx, leaf, hash FROM entry WHERE tenant = ? AND idx >= ? ORDER BY idx LIMIT ?`, [
      tenant,
      start,
      limit,
    ])
    .map((row) => ({ index: integer(row, 'idx'), leaf: blob(row, 'leaf'), hash: blob(row, 'hash') }));
}

/** Reads subtree hashes: stored at levels divisible by eight, computed in between. */
export function sqliteHashReader(db: Database, tenant: string): HashReader {
  return storedHashReader((level, index) => {
    const row =
      level === 0
        ? db.get(`SELECT hash FROM entry WHERE tenant = ? AND idx = ?`, [tenant, index])
        : db.get(`SELECT hash FROM node WHERE tenant = ? AND level = ? AND idx = ?`, [tenant, level, index]);
    return row && blob(row, 'hash');
  });
}
