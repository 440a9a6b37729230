import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ParkedCallStore } from '../../gateway/port.ts';
import { takeLock } from './data-folder.ts';
import { Database, DataFolderError } from './database.ts';
import { SqliteParkedCalls } from './parked-calls.ts';

/** Parked calls in a file of their own, for a door that has no data folder. Its tables are those of one. */
export interface ParkedCallFile {
  readonly store: ParkedCallStore;
  close(): void;
}

/** Opens it in an owner-only folder; undefined where another process has it open. Throws where it cannot be written. */
export function openParkedFile(path: string): ParkedCallFile | undefined {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = lockOf(path);
  if (lock === undefined) return undefined;
  try {
    const db = new Database(path);
    return {
      store: new SqliteParkedCalls(db, 'own'),
      close() {
        db.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

function lockOf(path: string): ReturnType<typeof takeLock> | undefined {
  try {
    return takeLock(`${path}.lock`);
  } catch (error) {
    if (error instanceof DataFolderError) return undefined;
    throw error;
  }
}
