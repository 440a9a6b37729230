import { excerpt } from '../classification.ts';
import { applyRow } from './apply.ts';
import { RUNNERS } from './runners/all.ts';
import { TABLE } from './tables/all.ts';
import type { Call, Shell, Stdin } from './tool.ts';
import type { Arg } from './words.ts';

/** Where a program is the one of the tables and not one that somebody put in its place. */
const TRUSTED = /^(?:\/(?:usr\/(?:local\/)?)?s?bin|\/opt\/homebrew\/bin)\/([^/]+)$/;

/** For these any word is something to run. */
const RUNS_WORDS = new Set(['.', 'source', 'eval', 'exec', 'command', 'builtin', 'trap']);

/** Classifies one simple command. */
export function runCommand(word: Arg, args: readonly Arg[], stdin: Stdin, line: string, shell: Shell): void {
  const { findings } = shell;
  if (word.value === undefined) {
    findings.unknown(`a command whose name is not written out: ${line}`);
    return;
  }
  const name = TRUSTED.exec(word.value)?.[1] ?? word.value;
  if (/^[\w.:[+@/~-]{1,64}$/.test(name)) findings.touch('command', name);
  const call: Call = { name, args, stdin, line };

  const runner = RUNNERS.get(name);
  const isKnown = runner !== undefined || TABLE.has(name);
  if (
    isKnown &&
    !RUNS_WORDS.has(name) &&
    args.length === 1 &&
    /^--(?:version|help)$/.test(args[0]?.value ?? '')
  ) {
    findings.effect('read', line);
    return;
  }
  if (runner !== undefined) {
    runner(call, shell);
    return;
  }
  const row = TABLE.get(name);
  if (row === undefined) findings.unknown(`command ${excerpt(word.text)}: ${line}`);
  else applyRow(row, call, shell);
}
