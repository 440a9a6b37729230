import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';

/** Writes a file of the owner's alone, which must not be there; durable when it returns. */
export function writePrivate(path: string, bytes: Uint8Array | string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename is durable when its folder is. Throws where the folder is not synced; Windows, which opens none, syncs none. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
