import { closeSync, existsSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/** Makes what was committed to a database survive a power cut. */
export interface Durability {
  /** Rejects where the disk did not take it; then nobody knows what is there. */
  sync(): Promise<void>;
  /** The same, while everything waits. */
  syncNow(): void;
  close(): void;
}

/** The write-ahead log of a database at `path`: one file for as long as somebody has the database open. */
export class WalFile implements Durability {
  readonly #path: string;
  #file: number | undefined;
  #underWay = 0;
  #closed = false;

  constructor(path: string) {
    this.#path = `${path}-wal`;
  }

  sync(): Promise<void> {
    const file = this.#open();
    if (file === undefined) return Promise.resolve();
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
