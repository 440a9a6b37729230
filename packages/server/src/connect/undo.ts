import { CLIENTS } from './clients/all.ts';
import { replaceFile, textOfBytes } from './file-snapshot.ts';
import { forget, restore, type Connection, type RecordedFile } from './journal.ts';
import { editText, type Edit, type Leaf } from './text/config-text.ts';
import { findServers } from './server-entry.ts';

/** `bytes`: every file as it was, and none that somebody changed since. `force`: those as well. `entries`: of those only our servers. */
export type UndoHow = 'bytes' | 'force' | 'entries';

export interface Undone {
  readonly restored: readonly string[];
  /** Files of which only the servers were put back. */
  readonly entries: readonly string[];
  /** Files that are as they were before already. */
  readonly untouched: readonly string[];
  /** Files that were changed since: nothing at all was undone while there are any. */
  readonly refused: readonly string[];
}

/**
 * Takes one run of `connect` back: all of its files, or none. Ended in between, it is done again from the
 * start and finds what is restored already `untouched`.
 */
export function undo(connection: Connection, how: UndoHow): Undone {
  const inState = (state: RecordedFile['state']): readonly RecordedFile[] =>
    connection.files.filter((file) => file.state === state);
  const changed = [...inState('changed'), ...inState('gone')];
  const untouched = inState('untouched').map(({ path }) => path);
  if (how === 'bytes' && changed.length > 0)
    return { restored: [], entries: [], untouched, refused: changed.map(({ path }) => path) };
  const byEntries = how === 'entries' ? inState('changed').flatMap((file) => restoreEntries(file)) : [];
  const whole = how === 'force' ? [...inState('written'), ...changed] : inState('written');
  for (const file of whole) restore(file);
  forget(connection);
  return { restored: whole.map(({ path }) => path), entries: byEntries, untouched, refused: [] };
}

/** Puts back what `connect` changed of each server that still goes through us; whatever else changed stays. */
function restoreEntries(file: RecordedFile): readonly string[] {
  const client = CLIENTS.find(({ name }) => name === file.client);
  const now = file.now && textOfBytes(file.now.bytes);
  const before = textOfBytes(file.original());
  if (client === undefined || file.now === undefined || now === undefined || before === undefined) return [];
  const old = client.format.leaves(before);
  const current = client.format.leaves(now);
  const routed = findServers(client, current).filter(({ entry }) => entry.kind === 'routed');
  const originals = findServers(client, old).filter(({ entry }) => entry.kind !== 'routed');
  const edits = routed
    .filter(({ path }) => originals.some((original) => samePath(original.path, path)))
    .flatMap(({ path }) => backTo(path, old, current));
  replaceFile(file.now, Buffer.from(editText(client.format, now, edits)));
  return [file.path];
}

/** Texts and lists of texts are all that `connect` takes out or puts in. */
function backTo(server: readonly string[], old: readonly Leaf[], current: readonly Leaf[]): readonly Edit[] {
  const own = (leaves: readonly Leaf[]): readonly Leaf[] =>
    leaves.filter(({ path }) => path.length > server.length && server.every((part, at) => part === path[at]));
  const sets = own(old).flatMap(({ path, value }): Edit[] => {
    const is = own(current).find((leaf) => samePath(leaf.path, path));
    if (JSON.stringify(is?.value) === JSON.stringify(value)) return [];
    return isTextual(value) ? [{ path, value }] : [];
  });
  const gone = own(current).filter(({ path }) => !own(old).some((leaf) => samePath(leaf.path, path)));
  return [...sets, ...gone.map(({ path }) => ({ path }))];
}

function isTextual(value: unknown): value is string | readonly string[] {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
  );
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
