import {
  appendLeaf,
  canonicalJson,
  EMPTY_RANGE,
  leafHash,
  openCheckpoint,
  rangeFromReader,
  rangeRoot,
  sameBytes,
  signCheckpoint,
  utf8Encode,
  type CompactRange,
  type HashReader,
  type JsonObject,
  type NoteSigner,
} from '@countersign/core';
import { isAnswer, readEntry, type AuditEntry, type AuditEvent } from '../../audit/entry.ts';
import type { AuditStore, StoredEntry } from '../../audit/port.ts';
import { isStoredLevel, storedHashReader } from '../../audit/stored-hashes.ts';
import { rfc3339, type Clock } from '../../parts.ts';
import { DataFolderError, type BatchParticipant, type Database } from './database.ts';
import { blob, integer, text } from './columns.ts';

/** c2sp.org/tlog-tiles: an entry's length is 16 bits. */
const MAX_LEAF_BYTES = 65_535;

/** What only answers a question is signed within this; longer, and more could be changed unseen after a crash. */
const SIGN_WITHIN_MS = 1000;
/** Entries read at once. */
const PAGE = 1000;

/**
 * The Merkle log in SQLite. Its tree in memory is that of the last commit; within a batch it runs ahead and
 * is rewound when the batch fails, so that memory never knows an entry that the disk does not.
 * INVARIANT: what changes consent (a vote, a claim, a key ...) is under a signed checkpoint when its caller is answered.
 * What only answers a question is on disk by then, and signed soon after with many others, when somebody asks for a
 * checkpoint, or at close: a signature costs more than all else that an answer writes (docs/design/0009-signed-beside.md).
 */
export class SqliteLog implements AuditStore, BatchParticipant {
  readonly #db: Database;
  readonly #tenant: string;
  readonly #signer: NoteSigner;
  readonly #clock: Clock;
  #tree: CompactRange;
  /** How many entries the stored checkpoint signs. */
  #signed: number;
  /** Whether the batch under way is to be signed in itself. */
  #signNow = false;
  #marked: { readonly tree: CompactRange; readonly signed: number };
  #soon: NodeJS.Timeout | undefined;
  /** Answers that were found without a signature when the log was opened. */
  readonly foundUnsigned: number;

  /** Throws `DataFolderError` where the stored log is not the one last signed: it would be signed as if it were. */
  constructor(db: Database, tenant: string, signer: NoteSigner, clock: Clock) {
    this.#db = db;
    this.#tenant = tenant;
    this.#signer = signer;
    this.#clock = clock;
    this.#marked = this.#stored();
    this.#tree = this.#marked.tree;
    this.#signed = this.#marked.signed;
    this.foundUnsigned = this.#tree.size - this.#signed;
    db.join(this);
  }

  /** Appends within the batch under way; only inside `Database.write`. Answers the entry's index. */
  append(event: AuditEvent): number {
    const entry: AuditEntry = { v: 1, at: rfc3339(this.#clock()), tenant: this.#tenant, event };
    const leaf = utf8Encode(canonicalJson(entry as unknown as JsonObject));
    if (leaf.length > MAX_LEAF_BYTES) throw new Error('a log entry is longer than 65535 bytes');
    this.#signNow ||= !isAnswer(event);
    const index = this.#tree.size;
    const hash = leafHash(leaf);
    this.#db.run(`INSERT INTO entry (tenant, idx, leaf, hash) VALUES (?,?,?,?)`, [
      this.#tenant,
      index,
      leaf,
      hash,
    ]);
    this.#tree = appendLeaf(this.#tree, hash, (level, position, subtree) => {
      if (!isStoredLevel(level)) return;
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
    this.#marked = { tree: this.#tree, signed: this.#signed };
    this.#signNow = false;
  }

  seal(): void {
    const { size } = this.#tree;
    if (size === this.#signed) return;
    // A log with entries and no checkpoint at all is refused, so the first is signed whatever it is.
    if (!this.#signNow && this.#signed > 0) return this.#signSoon();
    const note = signCheckpoint(
      { origin: this.#signer.key.name, size, root: rangeRoot(this.#tree), extensions: [] },
      [this.#signer],
    );
    this.#db.run(
      `INSERT INTO checkpoint (tenant, note) VALUES (?,?) ON CONFLICT (tenant) DO UPDATE SET note = excluded.note`,
      [this.#tenant, note],
    );
    this.#signed = size;
  }

  rewind(): void {
    this.#tree = this.#marked.tree;
    this.#signed = this.#marked.signed;
  }

  finish(): void {
    clearTimeout(this.#soon);
    // Whatever the tree is now: what is queued before this is committed with it.
    this.#signNext().catch(() => undefined);
  }

  // AuditStore

  appendAlone(event: AuditEvent): Promise<{ readonly index: number }> {
    return this.#db.write(() => ({ index: this.append(event) }));
  }

  async checkpoint(): Promise<string | undefined> {
    await this.#sign();
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

  /** Resolves when all that is in the tree now is under a checkpoint; one that was committed already may still be on its way to the disk. */
  async #sign(): Promise<void> {
    if (this.#signed !== this.#tree.size) await this.#signNext();
  }

  /** Has the next batch signed, with all that is queued before this. */
  #signNext(): Promise<void> {
    return this.#db.write(() => {
      this.#signNow = true;
    });
  }

  #signSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#sign().catch((error: unknown) => {
        // For want of room, or while another has the file; not where nothing is written any more.
        if (!(error instanceof DataFolderError)) this.#signSoon();
      });
    }, SIGN_WITHIN_MS).unref();
  }

  /** What is stored, where it is what was signed, and answers after that. */
  #stored(): { readonly tree: CompactRange; readonly signed: number } {
    let cause: unknown;
    try {
      const signed = this.#signedTree();
      return { tree: this.#withAnswers(signed), signed: signed.size };
    } catch (error) {
      cause = error;
    }
    throw new DataFolderError(
      'the log is not the one that was last signed: see `countersign audit verify`, and restore the data folder',
      { cause },
    );
  }

  /** What the stored checkpoint signs, where the stored hashes come to that. */
  #signedTree(): CompactRange {
    const row = this.#db.get(`SELECT note FROM checkpoint WHERE tenant = ?`, [this.#tenant]);
    if (row === undefined) {
      if (this.#count() > 0) throw new Error('there are entries but no signed checkpoint');
      return EMPTY_RANGE;
    }
    const { key } = this.#signer;
    const opened = openCheckpoint(text(row, 'note'), { origin: key.name, keys: [key] });
    if (!opened.ok) throw new Error(`the checkpoint is refused: ${opened.reason}`);
    const { size, root } = opened.checkpoint;
    const tree = rangeFromReader(size, this.hashes());
    if (!sameBytes(rangeRoot(tree), root)) throw new Error('the checkpoint signs another root');
    return tree;
  }

  /**
   * `tree` with the answers stored after it. INVARIANT: what is signed next continues what was signed last. No signature is
   * over these yet, so neither are the subtrees above them believed: they are made from the answers' own bytes.
   */
  #withAnswers(signed: CompactRange): CompactRange {
    const stored = this.hashes();
    let tree = signed;
    for (let page; (page = storedEntries(this.#db, this.#tenant, tree.size, PAGE)).length > 0;) {
      for (const entry of page) {
        if (entry.index !== tree.size || !isStoredAnswer(entry))
          throw new Error(`entry ${tree.size} is missing, or no mere answer`);
        tree = appendLeaf(tree, entry.hash, (level, index, subtree) => {
          if (isStoredLevel(level) && !sameBytes(stored(level, index), subtree))
            throw new Error(`subtree ${level}/${index} is not that of the entries`);
        });
      }
    }
    if (tree.size !== this.#count()) throw new Error('a signed entry is missing');
    return tree;
  }

  #count(): number {
    const row = this.#db.get(`SELECT count(*) AS n FROM entry WHERE tenant = ?`, [this.#tenant]);
    return row === undefined ? 0 : integer(row, 'n');
  }
}

function isStoredAnswer({ leaf, hash }: StoredEntry): boolean {
  const entry = readEntry(leaf);
  return sameBytes(leafHash(leaf), hash) && typeof entry !== 'string' && isAnswer(entry.event);
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
