import type { Effect } from '@countersign/core';
import { excerpt, understand, type Classification, type Findings } from '../classification.ts';
import { odditiesOf } from './oddities.ts';
import { effectsOfChanging, isMagicLink, isSecretPlace } from './places.ts';

export interface PathOptions {
  /** Absolute directories; what lies outside of all of them is not understood. */
  readonly roots: readonly string[];
  /** What is done to the file. */
  readonly effect: Effect;
  readonly style?: 'posix' | 'windows';
  /** Whether `A` and `a` are one name. True for windows unless said otherwise. */
  readonly case_insensitive?: boolean;
  /** What `~` stands for. */
  readonly home?: string;
  /** Where a relative path begins. */
  readonly cwd?: string;
  /** Said by a caller who resolves symbolic links itself, so that `a/..` is where it seems to be. */
  readonly links?: 'resolved';
}

/** Longer than any system takes: PATH_MAX of Linux. */
const MAX_PATH = 4096;

/** Effects that leave a file as it is. */
const LOOKING: ReadonlySet<Effect> = new Set(['read', 'secret', 'export']);

/**
 * What an effect on one file amounts to: whether it stays in the roots, and whether the file is a secret, is run, or
 * says who may do what. It looks at no disk: a path that could be another one there is not understood.
 *
 * @example classifyPath('/work/a.ts', { roots: ['/work'], effect: 'update' }).effects // ['update']
 */
export function classifyPath(path: string, options: PathOptions): Classification {
  return understand(path, 'path', (findings) => {
    const isWindows = options.style === 'windows';
    findings.effect(options.effect, excerpt(path));
    if (path.length > MAX_PATH) return void findings.unknown(`longer than ${MAX_PATH} characters`);
    const odd = odditiesOf(path, split(path, isWindows), isWindows);
    for (const why of odd) findings.unknown(`${why}: ${excerpt(path)}`);
    for (const reading of readings(path, options)) classifyReading(reading, path, options, findings);
  });
}

/** The path after expansion, and where in it the caller's own part begins. */
interface Reading {
  /** Undefined when it cannot be said where the path begins. */
  readonly start: readonly string[] | undefined;
  readonly rest: readonly string[];
  readonly why: string;
}

/** A tool may or may not put the home directory in for `~`, so both readings count. */
function readings(path: string, options: PathOptions): Reading[] {
  const isWindows = options.style === 'windows';
  const segments = split(path, isWindows);
  const [first = '', ...rest] = segments;
  const absolute = absoluteStart(path, isWindows);
  if (absolute !== undefined) return [{ start: absolute, rest: isWindows ? rest : segments, why: '' }];
  const start = options.cwd === undefined ? undefined : directory(options.cwd, isWindows);
  const plain: Reading = { start, rest: segments, why: 'relative to a directory that is not known' };
  if (!first.startsWith('~')) return [plain];
  const home = first === '~' && options.home !== undefined ? directory(options.home, isWindows) : undefined;
  const expanded: Reading = { start: home, rest, why: 'a home directory that is not known' };
  return start === undefined ? [expanded] : [expanded, plain];
}

function classifyReading(reading: Reading, path: string, options: PathOptions, findings: Findings): void {
  const named = excerpt(path);
  if (reading.start === undefined) {
    findings.unknown(`${reading.why}: ${named}`);
    addPlaces(reading.rest, options, findings);
    return;
  }
  const isWindows = options.style === 'windows';
  const { segments, crosses } = resolve(reading.start, reading.rest);
  const shown = display(segments, isWindows);
  findings.touch('file', shown);
  addPlaces(segments, options, findings);
  // Before `..` is resolved too: a link may make of it what it was not.
  addPlaces(reading.rest, options, findings);
  if (crosses && options.links !== 'resolved') {
    findings.unknown(`".." after a name, which may be a link to anywhere: ${named}`);
  }
  if (isMagicLink(segments)) findings.unknown(`a link that each program sees differently: ${named}`);
  if (!options.roots.some((root) => isWithin(segments, root, options))) {
    findings.unknown(`outside ${rootNames(options.roots)}: ${excerpt(shown)}`);
  }
}

function addPlaces(segments: readonly string[], options: PathOptions, findings: Findings): void {
  const last = excerpt(segments.slice(-2).join('/'));
  if (isSecretPlace(segments)) findings.effect('secret', `${last} is known to hold secrets`);
  if (LOOKING.has(options.effect)) return;
  for (const effect of effectsOfChanging(segments)) {
    findings.effect(
      effect,
      effect === 'grant' ? `${last} says who may do what` : `${last} is read as commands`,
    );
  }
}

function isWithin(segments: readonly string[], root: string, options: PathOptions): boolean {
  const isWindows = options.style === 'windows';
  const ignoresCase = options.case_insensitive ?? isWindows;
  const isHome = /^~(?:[\\/]|$)/.test(root) && options.home !== undefined;
  const within = directory(isHome ? `${options.home}/${root.slice(1)}` : root, isWindows);
  if (within === undefined) return false;
  const spelled = (name: string | undefined): string | undefined => {
    const composed = name?.normalize('NFC');
    return ignoresCase ? composed?.toLowerCase() : composed;
  };
  return within.every((name, index) => spelled(name) === spelled(segments[index]));
}

/** The segments of an absolute directory that was configured; undefined when it is none. */
function directory(path: string, isWindows: boolean): readonly string[] | undefined {
  const start = absoluteStart(path, isWindows);
  const segments = split(path, isWindows);
  return start && resolve(start, isWindows ? segments.slice(1) : segments).segments;
}

function absoluteStart(path: string, isWindows: boolean): readonly string[] | undefined {
  if (!isWindows) return path.startsWith('/') ? [] : undefined;
  return /^[A-Za-z]:[\\/]/.test(path) ? [path.slice(0, 2).toUpperCase()] : undefined;
}

function split(path: string, isWindows: boolean): string[] {
  return path.split(isWindows ? /[\\/]/ : '/').filter((segment) => segment !== '');
}

function resolve(
  start: readonly string[],
  rest: readonly string[],
): { readonly segments: readonly string[]; readonly crosses: boolean } {
  const segments = [...start];
  // A drive is no name that `..` could leave.
  const floor = /^[A-Z]:$/.test(start[0] ?? '') ? 1 : 0;
  let isNamed = false;
  let crosses = false;
  for (const segment of rest) {
    if (segment === '.') continue;
    if (segment === '..') {
      crosses ||= isNamed;
      if (segments.length > floor) segments.pop();
    } else {
      isNamed = true;
      segments.push(segment);
    }
  }
  return { segments, crosses };
}

function display(segments: readonly string[], isWindows: boolean): string {
  const names = segments.map((name) => name.normalize('NFC'));
  return isWindows ? names.join('\\') + (names.length === 1 ? '\\' : '') : `/${names.join('/')}`;
}

function rootNames(roots: readonly string[]): string {
  return roots.length === 0 ? 'every allowed directory' : excerpt(roots.join(', '));
}
