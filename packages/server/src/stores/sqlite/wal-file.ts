import { closeSync, existsSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/** Makes what was committed to a database survive a power cut. */
export interface Durability {
  /** Rejects where the disk did not take it; then nobody knows what is there. */
  sync(): Promise<void>;
  /** The same, while everything waits. */
  syncNow(): void;
  close(): void;
}

/** A disk that takes longer is waited for on another thread; to hand over to it costs about as much as a quick disk takes. */
const SLOW_MS = 0.5;
/** After so many syncs on another thread it is seen again how long one takes. */
const SYNCS_BESIDE = 1000;

/** The write-ahead log of a database at `path`: one file for as long as somebody has the database open. */
export class WalFile implements Durability {
  readonly #path: string;
  readonly #slowMs: number;
  #beside = 0;
  #file: number | undefined;
  #underWay = 0;
  #closed = false;

  constructor(path: string, slowMs: number = SLOW_MS) {
    this.#path = `${path}-wal`;
    this.#slowMs = slowMs;
  }

  async sync(): Promise<void> {
    const file = this.#open();
    if (file === undefined) return;
    if (this.#beside > 0) return await this.#syncBeside(file);
    const before = performance.now();
    fdatasyncSync(file);
    if (performance.now() - before > this.#slowMs) this.#beside = SYNCS_BESIDE;
  }

  #syncBeside(file: number): Promise<void> {
    this.#beside--;
    this.#underWay++;
    return new Promise((synced, failed) =>
      fdatasync(file, (error) => {
        this.#underWay--;
        if (this.#closed) this.#release();
        if (error === null) synced();
        else failed(error);
      }),
    );
  }

  syncNow(): void {
    const file = this.#open();
    if (file !== undefined) fdatasyncSync(file);
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  /** Nothing to sync where there is no such file: all is in the database, or in memory. */
  #open(): number | undefined {
    if (this.#file === undefined && existsSync(this.#path))
      // Windows syncs for writers alone; whoever only reads a folder need not be able to write it elsewhere.
      this.#file = openSync(this.#path, process.platform === 'win32' ? 'r+' : 'r');
    return this.#file;
  }

  #release(): void {
    // The number of a file that is being synced must not come to name another one.
    if (this.#file === undefined || this.#underWay > 0) return;
    closeSync(this.#file);
    this.#file = undefined;
  }
}
