import { confirm, isCancel } from '@clack/prompts';
import { visible } from '@countersign/core';
import { connections } from '../connect/journal.ts';
import { undo } from '../connect/undo.ts';
import type { Machine } from '../machine.ts';
import { Failure, UsageError, type Typed } from './command.ts';
import { print, printJson } from './output.ts';
import { counted } from './told-plan.ts';

/** Takes the newest run of `connect` back, or says which files stop it. Throws `Failure`. */
export async function undoConnection(machine: Machine, typed: Typed): Promise<void> {
  const how = typed.flag('force') ? 'force' : typed.flag('entries') ? 'entries' : 'bytes';
  if (typed.flag('force') && typed.flag('entries')) throw new UsageError('--force or --entries, not both');
  const [newest, ...earlier] = connections(machine);
  if (newest === undefined)
    throw new Failure('there is nothing to undo: no `countersign connect` wrote anything');
  const changed = newest.files.filter(({ state }) => state === 'changed' || state === 'gone');
  if (changed.length > 0 && how === 'bytes') {
    const which = changed.map(({ path }) => visible(path)).join(', ');
    throw new Failure(
      `changed since: ${which}: nothing was undone; --entries puts back only the servers in it, --force the whole file as it was`,
    );
  }
  if (!typed.flag('json')) {
    for (const { path, state } of newest.files)
      print(`${state === 'untouched' ? 'as it was' : 'to restore'}  ${visible(path)}`);
  }
  await agreed(typed);
  const undone = undo(newest, how);
  if (typed.flag('json')) return printJson({ ...undone, earlier: earlier.length });
  print(
    `Restored: ${counted(undone.restored.length + undone.entries.length, 'file')}. The agents keep their keys: see \`countersign agent list\`.`,
  );
  if (earlier.length > 0) print(`${counted(earlier.length, 'earlier run')} can be undone with --undo again.`);
}

async function agreed(typed: Typed): Promise<void> {
  if (typed.flag('yes')) return;
  if (!process.stdin.isTTY || typed.flag('json'))
    throw new Failure('no terminal to ask on: nothing was undone; say --yes');
  const yes = await confirm({ message: 'Restore?', output: process.stderr });
  if (isCancel(yes) || !yes) throw new Failure('nothing was undone');
}
