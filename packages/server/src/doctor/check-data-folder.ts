import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, parseVerifierKey } from '@countersign/core';
import { ok, reasonOf, wrong, type Finding } from './finding.ts';

const SECRETS = ['log.key', 'token.key'];

/** That the folder is there, ours, and nobody else's to read. */
export function checkDataFolder(path: string): readonly Finding[] {
  if (!existsSync(join(path, 'countersign.db')))
    return [wrong('data', `no data in ${path}: start \`countersign serve\`, or name the folder with --data`)];
  if (process.platform === 'win32') return [ok('data', path)];
  const { uid, mode } = statSync(path);
  const own = process.getuid?.();
  if (uid !== own && own !== 0)
    return [wrong('data', `${path} belongs to another user: run this as that user`)];
  if ((mode & 0o077) !== 0) return [wrong('data', `${path} can be read by others: chmod 700 it`)];
  const open = SECRETS.map((name) => join(path, name)).filter(
    (file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0,
  );
  return open.length === 0
    ? [ok('data', `${path}, its owner’s alone`)]
    : open.map((file) => wrong('data', `${file} can be read by others: chmod 600 it`));
}

/** The newest checkpoint against the log's own key; whether the entries below it are whole is `audit verify`'s to say. */
export async function checkLog(
  path: string,
  checkpoint: () => Promise<string | null>,
): Promise<readonly Finding[]> {
  try {
    const note = await checkpoint();
    if (note === null) return [ok('log', 'empty')];
    const key = parseVerifierKey(readFileSync(join(path, 'log.vkey'), 'utf8').trim());
    const opened = openCheckpoint(note, { origin: key.name, keys: [key] });
    return opened.ok
      ? [ok('log', `${opened.checkpoint.size} entries under a valid checkpoint`)]
      : [wrong('log', `its checkpoint is refused (${opened.reason}): run \`countersign audit verify\``)];
  } catch (error) {
    return [
      wrong('log', `its checkpoint cannot be read (${reasonOf(error)}): run \`countersign audit verify\``),
    ];
  }
}
