import type { Effect } from '@countersign/core';
import { EFFECTS } from '@countersign/core';
import { PUBLIC_PLACES, SECRET_PLACES, WRITTEN_PLACES } from '../known-places.ts';
import { HARMLESS_DEVICES, ROOTS } from './tables/places.ts';

/** No file name is longer, so a longer pattern is taken to match. */
const MAX_SEGMENT = 255;
/** Nor does a pattern of more of them need to be told apart from a trick. */
const MAX_SEGMENTS = 64;

/** A file path in one form: lower case, as some file systems do, without `.`, `..` and doubled slashes. */
function normal(path: string): string {
  const kept: string[] = [];
  for (const segment of path.toLowerCase().split('/')) {
    if (segment === '' || segment === '.') continue;
    const last = kept.at(-1);
    if (segment === '..' && last !== undefined && last !== '..' && !last.startsWith('~')) kept.pop();
    else kept.push(segment);
  }
  return (path.startsWith('/') ? '/' : '') + kept.join('/');
}

class Places {
  readonly #exact: RegExp;
  readonly #runs: readonly (readonly string[])[];

  constructor(places: readonly string[]) {
    this.#runs = places.map((place) => place.split('/'));
    const sources = places.map((place) => place.replaceAll('.', '\\.').replaceAll('*', '[^/]*'));
    this.#exact = new RegExp(`/(?:${sources.join('|')})/`);
  }

  /** Whether a path in normal form, perhaps with globs, may lie in one of these. */
  mayHold(path: string): boolean {
    if (this.#exact.test(`/${path}/`)) return true;
    if (!/[*?]/.test(path)) return false;
    const segments = path.split('/');
    return segments.length > MAX_SEGMENTS || this.#mayMatch(segments);
  }

  #mayMatch(segments: readonly string[]): boolean {
    return this.#runs.some((run) =>
      segments.some((_, at) => {
        let certain = false;
        const fits = run.every((wanted, index) => {
          const segment = segments[at + index];
          if (segment === undefined || !mayEqual(segment, wanted)) return false;
          certain ||= !/[*?]/.test(segment);
          return true;
        });
        return fits && (certain || isPointed(segments[at] ?? '', run[0] ?? ''));
      }),
    );
  }
}

/** Whether a glob says enough to be more than "these files here": `*.ts` is not about `secrets.ts`. */
function isPointed(segment: string, wanted: string): boolean {
  if (/^[*?.]*$/.test(segment)) return segment.startsWith('.') && wanted.startsWith('.');
  const core = wanted.replaceAll('*', '');
  if (wanted.startsWith('*') && wanted.endsWith('*')) return segment.includes(core.slice(0, 3));
  if (wanted.startsWith('*')) {
    return segment.includes(core.slice(0, 2)) || segment.includes('.?') || segment.endsWith(core.slice(-2));
  }
  if (wanted.endsWith('*')) return segment.startsWith(core.slice(0, 2)) || segment.includes(core.slice(-3));
  return true;
}

/** Whether two globs have a name in common. Neither a leading `*` nor `?` of the first stands for a dot. */
function mayEqual(given: string, wanted: string): boolean {
  const a = given.replaceAll(/\*+/g, '*');
  if (a.length > MAX_SEGMENT) return true;
  if (/^[*?]/.test(a) && wanted.startsWith('.')) return false;
  // Most pairs differ in their first or last letter already.
  if (differ(a[0], wanted[0]) || differ(a.at(-1), wanted.at(-1))) return false;
  let row = new Uint8Array(wanted.length + 1);
  row[0] = 1;
  for (let j = 0; j < wanted.length && wanted[j] === '*'; j++) row[j + 1] = 1;
  for (const char of a) {
    const next = new Uint8Array(wanted.length + 1);
    next[0] = char === '*' ? (row[0] ?? 0) : 0;
    for (let j = 1; j <= wanted.length; j++) {
      const other = wanted[j - 1];
      const before = row[j - 1] ?? 0;
      const above = row[j] ?? 0;
      const left = next[j - 1] ?? 0;
      if (char === '*' || other === '*') next[j] = before | above | left;
      else next[j] = char === other || char === '?' ? before : 0;
    }
    row = next;
  }
  return row[wanted.length] === 1;
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== b && a !== '*' && b !== '*' && a !== '?';
}

const secret = new Places(SECRET_PLACES);
const open = new RegExp(
  `(?:^|/)(?:${PUBLIC_PLACES.map((place) => place.replaceAll('.', '\\.').replaceAll('*', '[^/*?]*')).join('|')})$`,
);
const written = EFFECTS.flatMap((effect) => {
  const places = WRITTEN_PLACES[effect];
  return places ? [[effect, new Places(places)] as const] : [];
});

/** Whether reading this path, or all that is under it, may tell a secret. */
export function isSecretPath(path: string): boolean {
  const plain = normal(path);
  if (isRoot(plain)) return true;
  return !open.test(plain) && secret.mayHold(plain);
}

/** What writing to this path does besides changing a file. */
export function effectsOfWriting(path: string): readonly Effect[] {
  const plain = normal(path);
  if (isRoot(plain)) return ['execute', 'grant'];
  return written.filter(([, places]) => places.mayHold(plain)).map(([effect]) => effect);
}

export function isHarmlessDevice(path: string): boolean {
  return HARMLESS_DEVICES.test(path);
}

/** `/dev/tcp/<host>/<port>`, which bash itself connects to. */
export function socketHost(path: string): string | undefined {
  return /^\/+dev\/+(?:tcp|udp)\/+([^/]+)/.exec(path)?.[1];
}

function isRoot(plain: string): boolean {
  return plain !== '' && ROOTS.test(plain);
}
