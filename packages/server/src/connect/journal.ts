import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ownFolder, type Machine } from '../machine.ts';
import { writePrivate } from '../stores/durable-file.ts';
import { readSnapshot, replaceFile, trySyncFolder, type FileSnapshot } from './file-snapshot.ts';

/** One file and what it becomes. */
export interface FileChange {
  readonly file: FileSnapshot;
  readonly bytes: Uint8Array;
  /** Whose file it is: a client's name, or undefined for our own config. */
  readonly client?: string;
}

const record = z.strictObject({
  countersign_connect: z.literal(1),
  at: z.string(),
  files: z.array(
    z.strictObject({
      path: z.string(),
      client: z.string().optional(),
      before: z.string(),
      after: z.string(),
      /** The copy of the bytes before, beside this record. */
      copy: z.string(),
    }),
  ),
});

type Recorded = z.output<typeof record>['files'][number];

/** One run of `connect` that can be undone. */
export interface Connection {
  readonly folder: string;
  readonly at: string;
  readonly files: readonly RecordedFile[];
}

export interface RecordedFile {
  readonly path: string;
  readonly client: string | undefined;
  /** `written`: as we left it. `untouched`: as it was before. `changed`: somebody else’s since. `gone`: not there. */
  readonly state: 'written' | 'untouched' | 'changed' | 'gone';
  readonly now: FileSnapshot | undefined;
  readonly original: () => Buffer;
}

const RECORD = 'record.json';

/**
 * Writes all changes so that they can be taken back.
 *
 * Crash order:
 * 1. a copy of each file’s bytes is durable. A crash leaves copies that nothing names; nothing was changed.
 * 2. the record that names them, with digests of before and after, is durable, by a rename. A crash leaves a
 *    record whose files are all `untouched`; undoing it changes nothing.
 * 3. each file is replaced, by a rename. A crash leaves some `written` and some `untouched`; undoing restores
 *    the former and leaves the latter.
 *
 * What fails in 3, another writer for one, takes back what was written: normal operation uses `restore`, too.
 */
export function applyChanges(machine: Machine, changes: readonly FileChange[], now: Date): void {
  const at = now.toISOString();
  const folder = join(
    connectionsFolder(machine),
    `${at.replace(/[:.]/g, '-')}-${randomBytes(3).toString('hex')}`,
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = changes.map(({ file, bytes, client }, index): Recorded => {
    const copy = `${index}.before`;
    writePrivate(join(folder, copy), file.bytes);
    return {
      path: file.path,
      ...(client === undefined ? {} : { client }),
      before: digest(file.bytes),
      after: digest(bytes),
      copy,
    };
  });
  const text: z.output<typeof record> = { countersign_connect: 1, at, files };
  writePrivate(join(folder, `${RECORD}.new`), `${JSON.stringify(text, null, 2)}\n`);
  renameSync(join(folder, `${RECORD}.new`), join(folder, RECORD));
  trySyncFolder(folder);
  try {
    for (const { file, bytes } of changes) replaceFile(file, bytes);
  } catch (error) {
    for (const file of readConnection(folder)?.files ?? []) if (file.state === 'written') restore(file);
    forget({ folder });
    throw error;
  }
}

/** The runs that were not undone, newest first. A folder without a record is of a run that changed nothing. */
export function connections(machine: Machine): readonly Connection[] {
  const folder = connectionsFolder(machine);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .toReversed()
    .flatMap((name) => readConnection(join(folder, name)) ?? []);
}

/** Puts the bytes from before back, whatever is there now. Done twice, it changes nothing the second time. */
export function restore(file: RecordedFile): void {
  const { now } = file;
  const original = file.original();
  if (now === undefined) writePrivate(file.path, original);
  else replaceFile(now, original);
}

/** After its files are back: the copies may hold secrets and are of no use any more. */
export function forget({ folder }: { readonly folder: string }): void {
  rmSync(folder, { recursive: true, force: true });
}

function readConnection(folder: string): Connection | undefined {
  if (!existsSync(join(folder, RECORD))) return undefined;
  const { at, files } = record.parse(JSON.parse(readFileSync(join(folder, RECORD), 'utf8')));
  return {
    folder,
    at,
    files: files.map(({ path, client, before, after, copy }) => {
      const now = readSnapshot(path);
      const is = now === undefined ? undefined : digest(now.bytes);
      return {
        path,
        client,
        now,
        state: is === undefined ? 'gone' : is === before ? 'untouched' : is === after ? 'written' : 'changed',
        original: () => readFileSync(join(folder, copy)),
      };
    }),
  };
}

function connectionsFolder(machine: Machine): string {
  return join(ownFolder(machine), 'connections');
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
