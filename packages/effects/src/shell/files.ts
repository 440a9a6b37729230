import type { RedirectOperator } from 'unbash';
import { excerpt, type Findings } from '../classification.ts';
import { isLocalHost } from './hosts.ts';
import { effectsOfWriting, isHarmlessDevice, isSecretPath, socketHost } from './paths.ts';
import { after, type Arg } from './words.ts';

/** Judges the files that one script reads and writes. */
export class Files {
  readonly #findings: Findings;
  readonly #directories: () => readonly string[] | undefined;

  constructor(findings: Findings, directories: () => readonly string[] | undefined) {
    this.#findings = findings;
    this.#directories = directories;
  }

  /** Each path a word may name, seen from every directory the script changes to; undefined when that cannot be told. */
  paths(arg: Arg): readonly string[] | undefined {
    const { patterns } = arg;
    if (patterns === undefined) return undefined;
    if (patterns.every((path) => /^[/~]/.test(path))) return patterns;
    const directories = this.#directories();
    if (directories === undefined) return undefined;
    return patterns.flatMap((path) => [
      path,
      ...directories.map((each) => (/^[/~]/.test(path) ? path : `${each}/${path}`)),
    ]);
  }

  read(arg: Arg, line: string): void {
    if (arg.value === '-') return;
    if (arg.value !== undefined) this.#findings.touch('file', arg.value);
    const paths = this.paths(arg);
    if (paths === undefined) {
      this.#findings.effect('secret', `reads a file that is not named here: ${line}`);
      return;
    }
    for (const path of paths) this.#socket(path, line);
    if (paths.some(isSecretPath)) this.#findings.effect('secret', line);
  }

  /** A secret place that is named, though not read by the command that names it. */
  mention(arg: Arg, line: string): void {
    // `--file=~/.ssh/id_rsa` and `HEAD:.env` name one too.
    const mark = /[=:]/.exec(arg.prefix)?.index ?? -1;
    const all = [...(arg.patterns ?? []), ...(mark < 0 ? [] : (after(arg, mark + 1).patterns ?? []))];
    if (all.some((path) => path !== '/' && path !== '~' && isSecretPath(path)))
      this.#findings.effect('secret', line);
  }

  write(arg: Arg, line: string): void {
    if (arg.value === '-') return;
    if (arg.value !== undefined) this.#findings.touch('file', arg.value);
    const paths = this.paths(arg);
    if (paths === undefined) {
      this.#findings.unknown(`writes a file that is not named here: ${line}`);
      return;
    }
    for (const path of paths) {
      this.#socket(path, line);
      for (const effect of effectsOfWriting(path)) this.#findings.effect(effect, line);
    }
  }

  redirect(operator: RedirectOperator, target: Arg): void {
    const line = excerpt(`${operator} ${target.text}`);
    const isDuplicate = operator === '>&' || operator === '<&';
    if (isDuplicate && /^(?:\d+-?|-)$/.test(target.value ?? '')) return;
    if (operator === '<&') {
      // Any other word is a descriptor held in a variable.
      this.#findings.unknown(line);
      return;
    }
    if (target.becomes === 'free' && target.patterns === undefined && operator !== '<') {
      this.#findings.unknown(`writes a file that is not named here: ${line}`);
      return;
    }
    if (target.value !== undefined && isHarmlessDevice(target.value)) return;
    if (operator === '<' || operator === '<>') {
      this.#findings.effect('read', line);
      // It may be /dev/tcp/<host>/<port>.
      if (this.paths(target) === undefined) this.#findings.effect('network', line).outward(line);
      this.read(target, line);
    }
    if (operator !== '<') {
      this.#findings.effect('update', line);
      this.write(target, line);
    }
  }

  #socket(path: string, line: string): void {
    if (!/^\/+dev\//.test(path)) return;
    const host = socketHost(path);
    if (host === undefined) {
      if (/[*?]/.test(path)) this.#findings.effect('network', line).outward(line);
      return;
    }
    this.#findings.touch('host', host).effect('network', line).effect('export', line);
    if (!isLocalHost(host)) this.#findings.outward(line);
  }
}
