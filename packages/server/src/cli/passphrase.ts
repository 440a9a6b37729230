import { isCancel, password } from '@clack/prompts';
import { Failure } from './command.ts';

const LEAST_CHARACTERS = 8;

/** The passphrase of a key file, from `COUNTERSIGN_PASSPHRASE` or the terminal. Throws `Failure`. */
export async function askPassphrase(message: string): Promise<string> {
  const given = process.env['COUNTERSIGN_PASSPHRASE'];
  if (given !== undefined && given !== '') return given;
  if (!process.stdin.isTTY) {
    throw new Failure('no terminal to ask for the passphrase: set COUNTERSIGN_PASSPHRASE');
  }
  // On standard error, so that standard output stays what a script may read.
  const typed = await password({ message, output: process.stderr });
  if (isCancel(typed)) throw new Failure('stopped: nothing was done');
  return typed;
}

/** A passphrase for a new key, typed twice. Throws `Failure`. */
export async function askNewPassphrase(): Promise<string> {
  const first = await askPassphrase('Passphrase for the new key');
  if (first.length < LEAST_CHARACTERS) {
    throw new Failure(`a passphrase has at least ${LEAST_CHARACTERS} characters: nothing was written`);
  }
  if (process.env['COUNTERSIGN_PASSPHRASE'] !== first && (await askPassphrase('Once more')) !== first) {
    throw new Failure('the two are not the same: nothing was written');
  }
  return first;
}
