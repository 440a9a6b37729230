import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { MIGRATIONS } from './schema.ts';
import { WalFile, type Durability } from './wal-file.ts';

export type Row = Record<string, SQLOutputValue>;

/** Why a data folder cannot be opened; one line that says what to do. */
export class DataFolderError extends Error {
  override readonly name: string = 'DataFolderError';
}

/** What takes part in a batch beside the tables: the log's tree in memory. */
export interface BatchParticipant {
  /** Remembers what `rewind` goes back to. */
  mark(): void;
  /** Writes what the batch needs written last; runs inside the transaction. */
  seal(): void;
  /** Forgets everything since `mark`; the transaction was rolled back. */
  rewind(): void;
  /** Queues what it still wants written before the database closes. */
  finish(): void;
}

/** Turns of the event loop that a batch waits for more to join it. */
const MAX_TURNS = 4;

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A job that is committed, with what it came to. */
interface Committed {
  readonly job: Job;
  readonly result: unknown;
}

/**
 * One SQLite file with group commit: closures that arrive together share one transaction and one sync of the disk, and
 * while a slow disk is at it this thread goes on and the next batch gathers (docs/design/0006-durable-commit.md).
 *
 * Crash order of a batch: BEGIN IMMEDIATE, the closures in order of arrival, the log's checkpoint where one is due, COMMIT (WAL,
 * `synchronous=NORMAL`: written, not yet synced), fdatasync of the WAL, then the callers learn of it. A crash of the
 * process before COMMIT returns leaves nothing of the batch, one after it all of it. A power cut before the fdatasync
 * returns leaves the batches up to some COMMIT, each whole: the WAL is a sequence.
 * INVARIANT: a caller is answered only after its work is on disk, and with it all that it can have read here. Who only
 * reads can see what a power cut takes back, so what leaves for good of what was only read waits for `durable`.
 * INVARIANT: after a sync that failed nothing is written any more: what is on disk is unknown, and trying again can
 * answer well without having written (the machine may have dropped the pages).
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #wal: Durability;
  readonly #statements = new Map<string, StatementSync>();
  readonly #participant: { current: BatchParticipant | undefined } = { current: undefined };
  #queue: Job[] = [];
  /** Whether a batch gathers, or is on its way to the disk. */
  #busy = false;
  /** What is committed and not synced yet, and when it is. */
  #unsynced: readonly Committed[] = [];
  #syncing: Promise<void> = Promise.resolve();
  /** Why nothing is written any more. */
  #refusal: DataFolderError | undefined;

  /** `readOnly` for looking beside a running server: nothing is migrated, `write` fails. */
  constructor(path: string, options: { readonly readOnly?: boolean; readonly wal?: Durability } = {}) {
    this.#wal = options.wal ?? new WalFile(path);
    if (options.readOnly === true) {
      this.#db = new DatabaseSync(path, { readOnly: true });
      this.#requireKnownVersion();
      return;
    }
    this.#db = new DatabaseSync(path);
    this.#db.exec(
      'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=2000;',
    );
    this.#migrate();
  }

  join(participant: BatchParticipant): void {
    this.#participant.current = participant;
  }

  all(sql: string, values: readonly SQLInputValue[] = []): Row[] {
    return this.#prepare(sql).all(...values);
  }

  get(sql: string, values: readonly SQLInputValue[] = []): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  /** Only inside `write`. Answers how many rows changed. */
  run(sql: string, values: readonly SQLInputValue[] = []): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /**
   * Runs `work` in the next batch and resolves when it is durable. `work` may run more than once (its
   * first batch can be rolled back by a neighbour), so it reads and writes nothing but this database.
   */
  write<T>(work: () => T): Promise<T> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject });
      if (!this.#busy) this.#begin();
    });
  }

  /** Resolves when all that can be read here now is on disk. */
  durable(): Promise<void> {
    return this.#syncing;
  }

  /** Waits until all that can be read here now is on disk: for what was written without `write`, or by another process. */
  syncNow(): void {
    this.#wal.syncNow();
  }

  /** Pins what all later reads see, until `close`; for a connection that only reads. */
  beginSnapshot(): void {
    this.#db.exec('BEGIN');
  }

  /** Commits what is queued, then closes the file. */
  close(): void {
    if (!this.#db.isOpen) return;
    this.#participant.current?.finish();
    const committed = this.#refusal === undefined ? [...this.#unsynced, ...this.#commitAll()] : [];
    if (committed.length > 0) {
      try {
        this.#wal.syncNow();
        this.#answer(committed);
      } catch (cause) {
        this.#fail(committed, cause);
      }
    }
    this.#refusal = new DataFolderError('the data folder is closed');
    this.#statements.clear();
    this.#wal.close();
    this.#db.close();
  }

  #begin(): void {
    this.#busy = true;
    // After the I/O callbacks of this turn: requests that arrived together are committed together.
    setImmediate(() => this.#gather(0, MAX_TURNS));
  }

  /** Commits once a turn has brought nothing more: a commit costs nearly as much for one as for sixteen. */
  #gather(known: number, turns: number): void {
    const { length } = this.#queue;
    if (length > known && turns > 0) setImmediate(() => this.#gather(length, turns - 1));
    else this.#flush();
  }

  #flush(): void {
    if (this.#refusal !== undefined) return;
    const committed = this.#commitAll();
    if (committed.length === 0) return this.#rest();
    this.#unsynced = committed;
    this.#syncing = this.#wal.sync();
    void this.#settle(committed, this.#syncing);
  }

  async #settle(committed: readonly Committed[], synced: Promise<void>): Promise<void> {
    try {
      await synced;
    } catch (cause) {
      return this.#fail(committed, cause);
    }
    this.#answer(committed);
    this.#rest();
  }

  /** A batch is over; those that came meanwhile are the next. */
  #rest(): void {
    this.#busy = false;
    this.#unsynced = [];
    if (this.#queue.length > 0) this.#begin();
  }

  #answer(committed: readonly Committed[]): void {
    for (const { job, result } of committed) job.resolve(result as never);
  }

  #fail(committed: readonly Committed[], cause: unknown): void {
    this.#refusal ??= new DataFolderError(
      'the disk did not take what was written: nothing is written any more; mend the disk, then restart',
      { cause },
    );
    for (const { reject } of [...committed.map(({ job }) => job), ...this.#queue]) reject(this.#refusal);
    this.#queue = [];
  }

  /** Commits what is queued; whoever is refused learns it here, the others are still to be synced. */
  #commitAll(): readonly Committed[] {
    const jobs = this.#queue;
    this.#queue = [];
    if (jobs.length === 0) return [];
    const outcome = this.#commit(jobs);
    if ('results' in outcome) return jobs.map((job, index) => ({ job, result: outcome.results[index] }));
    const { error, job: failed } = outcome;
    if (failed === undefined || jobs.length === 1) {
      for (const job of jobs) job.reject(error);
      return [];
    }
    // One closure threw: it alone is refused, its neighbours run again without it.
    failed.reject(error);
    return jobs
      .filter((job) => job !== failed)
      .flatMap((job) => {
        const again = this.#commit([job]);
        if ('results' in again) return [{ job, result: again.results[0] }];
        job.reject(again.error);
        return [];
      });
  }

  /** What each came to when committed; otherwise everything is rolled back and rewound, in memory too. */
  #commit(
    jobs: readonly Job[],
  ): { readonly results: readonly unknown[] } | { readonly error: unknown; readonly job?: Job } {
    const participant = this.#participant.current;
    const results: unknown[] = [];
    let current: Job | undefined;
    participant?.mark();
    try {
      this.run('BEGIN IMMEDIATE');
      for (const job of jobs) {
        current = job;
        results.push(job.work());
      }
      current = undefined;
      participant?.seal();
      this.run('COMMIT');
      return { results };
    } catch (error) {
      // A full disk or an I/O error has rolled back by itself already.
      if (this.#db.isTransaction) this.run('ROLLBACK');
      participant?.rewind();
      const ofTheMachine = error instanceof Error && 'errcode' in error;
      return current === undefined || ofTheMachine ? { error } : { error, job: current };
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #requireKnownVersion(): number {
    const version = Number((this.#db.prepare('PRAGMA user_version').get() as Row)['user_version']);
    if (version > MIGRATIONS.length) {
      this.#db.close();
      throw new DataFolderError(
        `the data folder was written by a newer version (schema ${version}, this one knows ${MIGRATIONS.length}): upgrade countersign`,
      );
    }
    return version;
  }

  #migrate(): void {
    const version = this.#requireKnownVersion();
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < version) continue;
      this.#db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`);
    }
  }
}
