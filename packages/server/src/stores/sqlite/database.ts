import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { MIGRATIONS } from './schema.ts';

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
}

/** Turns of the event loop that a batch waits for more to join it. */
const MAX_TURNS = 4;

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One SQLite file with group commit: closures that arrive together share one transaction and one fsync.
 *
 * Crash order of a batch: BEGIN IMMEDIATE, the closures in order of arrival, the log's checkpoint, COMMIT
 * (WAL, `synchronous=FULL`: durable when it returns), then the callers learn of it. A crash before COMMIT
 * returns leaves nothing of the batch; a crash after it leaves all of it, whoever had learned of it.
 * INVARIANT: a caller is answered only after the COMMIT that holds its work.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #participant: { current: BatchParticipant | undefined } = { current: undefined };
  #queue: Job[] = [];
  #scheduled = false;
  #closed = false;

  /** `readOnly` for looking beside a running server: nothing is migrated, `write` fails. */
  constructor(path: string, options: { readonly readOnly?: boolean } = {}) {
    if (options.readOnly === true) {
      this.#db = new DatabaseSync(path, { readOnly: true });
      this.#requireKnownVersion();
      return;
    }
    this.#db = new DatabaseSync(path);
    this.#db.exec(
      'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=2000;',
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
    if (this.#closed) return Promise.reject(new DataFolderError('the data folder is closed'));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // After the I/O callbacks of this turn: requests that arrived together are committed together.
      setImmediate(() => this.#gather(0, MAX_TURNS));
    });
  }

  /** Pins what all later reads see, until `close`; for a connection that only reads. */
  beginSnapshot(): void {
    this.#db.exec('BEGIN');
  }

  /** Commits what is queued, then closes the file. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#statements.clear();
    this.#db.close();
  }

  /** Commits once a turn has brought nothing more: a commit costs as much for one as for sixteen. */
  #gather(known: number, turns: number): void {
    const { length } = this.#queue;
    if (length > known && turns > 0) setImmediate(() => this.#gather(length, turns - 1));
    else this.#flush();
  }

  #flush(): void {
    this.#scheduled = false;
    const jobs = this.#queue;
    this.#queue = [];
    if (jobs.length === 0) return;
    const failed = this.#commit(jobs);
    if (failed === undefined) return;
    // One closure threw: it alone is refused, its neighbours run again without it.
    if (failed.job !== undefined && jobs.length > 1) {
      failed.job.reject(failed.error);
      for (const job of jobs) {
        if (job === failed.job) continue;
        const again = this.#commit([job]);
        if (again !== undefined) job.reject(again.error);
      }
      return;
    }
    for (const job of jobs) job.reject(failed.error);
  }

  /** Undefined when committed; otherwise everything is rolled back and rewound, in memory too. */
  #commit(jobs: readonly Job[]): { readonly error: unknown; readonly job?: Job } | undefined {
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
    } catch (error) {
      // A full disk or an I/O error has rolled back by itself already.
      if (this.#db.isTransaction) this.run('ROLLBACK');
      participant?.rewind();
      const ofTheMachine = error instanceof Error && 'errcode' in error;
      return current === undefined || ofTheMachine ? { error } : { error, job: current };
    }
    jobs.forEach((job, index) => job.resolve(results[index] as never));
    return undefined;
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
