import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The shortest limit of `sun_path` among the systems that we run on, without its final zero. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Where a server's socket is found: in the data folder, whose path may be too long for a socket. */
export function pointerFile(data: string): string {
  return join(data, 'admin.path');
}

/** The folder and file for a new socket. The folder is made for the owner alone, whichever it is. */
export function newSocketPath(data: string): { readonly folder: string; readonly path: string } {
  const inside = join(resolve(data), 'admin.sock');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES) return { folder: resolve(data), path: inside };
  const digest = createHash('sha256').update(resolve(data)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `countersign-${process.getuid?.() ?? 0}-${digest}`);
  return { folder, path: join(folder, 'admin.sock') };
}

/** The socket of the server on this data folder, or undefined where none says so. */
export function knownSocketPath(data: string): string | undefined {
  try {
    return readFileSync(pointerFile(data), 'utf8').trim();
  } catch {
    return undefined;
  }
}
