import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../stores/durable-file.ts';

/** A file as it was read: what may be replaced later, and only if it still is that. */
export interface FileSnapshot {
  /** After every symbolic link: the link itself stays what it is. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly mode: number;
}

/** The file changed between reading and writing; whoever did that is not overwritten. */
export class ChangedMeanwhile extends Error {
  override readonly name: string = 'ChangedMeanwhile';

  constructor(path: string) {
    super(`${path} was changed meanwhile: run it again`);
  }
}

/** Undefined where there is no such file. */
export function readSnapshot(path: string): FileSnapshot | undefined {
  try {
    const real = realpathSync(path);
    return { path: real, bytes: readFileSync(real), mode: statSync(real).mode & 0o7777 };
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code)))
      return undefined;
    throw error;
  }
}

/** UTF-8 alone, byte order mark and all; undefined for anything else. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Replaces the file at once, with the mode and owner that it had: there is no moment at which half of it is
 * there. Between the last look and the rename another writer can still slip in; nothing but a lock that all
 * clients knew could stop that. Throws `ChangedMeanwhile`.
 */
export function replaceFile({ path, bytes, mode }: FileSnapshot, replacement: Uint8Array): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, replacement);
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const now = statSync(path);
    if (process.getuid?.() === 0) chownSync(temporary, now.uid, now.gid);
    if (!readFileSync(path).equals(bytes)) throw new ChangedMeanwhile(path);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  trySyncFolder(dirname(path));
}

/** As far as the system can: some have no such call, and then the next sync has to do. */
export function trySyncFolder(path: string): void {
  try {
    syncFolder(path);
  } catch {
    // The file is whole and in its place either way.
  }
}
