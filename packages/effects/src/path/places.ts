import { EFFECTS, type Effect } from '@countersign/core';
import { PUBLIC_PLACES, SECRET_PLACES, WRITTEN_PLACES } from '../known-places.ts';

/** Links of the kernel that lead to wherever a running program has been. */
const PROCESS_LINKS: ReadonlySet<string> = new Set([
  'root',
  'cwd',
  'fd',
  'fdinfo',
  'exe',
  'map_files',
  'task',
]);
const DEVICE_LINKS: ReadonlySet<string> = new Set(['fd', 'stdin', 'stdout', 'stderr', 'tcp', 'udp']);

const secret = placesOf(SECRET_PLACES);
const published = PUBLIC_PLACES.map(segmentPattern);
const written = EFFECTS.flatMap((effect) => {
  const places = WRITTEN_PLACES[effect];
  return places === undefined ? [] : [[effect, placesOf(places)] as const];
});

/** Whether these segments name a known secret file or lie in a known secret directory. */
export function isSecretPlace(segments: readonly string[]): boolean {
  const names = segments.map(looselySpelled);
  const last = names.at(-1) ?? '';
  return isAt(published.some((each) => each.test(last)) ? names.slice(0, -1) : names, secret);
}

/** What a change there does besides changing a file. */
export function effectsOfChanging(segments: readonly string[]): readonly Effect[] {
  const names = segments.map(looselySpelled);
  return written.filter(([, places]) => isAt(names, places)).map(([effect]) => effect);
}

/** Whether these segments of an absolute path go through a link that means another file for each program. */
export function isMagicLink(segments: readonly string[]): boolean {
  const [first, second = '', ...rest] = segments.map(looselySpelled);
  // Where macOS has every file by its number.
  if (first === '.vol') return true;
  if (first === 'dev') return DEVICE_LINKS.has(second);
  return first === 'proc' && rest.some((segment) => PROCESS_LINKS.has(segment));
}

/**
 * A name as the most lenient file system would compare it: `.\u00dfh` is `.ssh` on a Mac, and a mounted Windows disk
 * leaves dots and spaces out at the end.
 */
function looselySpelled(name: string): string {
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase();
  return /[. ]$/.test(folded) ? folded.replace(/(?<=[^. ])[. ]+$/, '') : folded;
}

interface Place {
  /** One for each segment. */
  readonly run: readonly RegExp[];
  readonly rootOnly: boolean;
}

/** By the name that they begin with: a path may have thousands of segments, and most begin no place. */
interface Places {
  readonly byName: ReadonlyMap<string, readonly Place[]>;
  /** Those that begin with a pattern, and what begins any of them. */
  readonly others: readonly Place[];
  readonly anyOther: RegExp;
}

function placesOf(places: readonly string[]): Places {
  const byName = new Map<string, Place[]>();
  const others: Place[] = [];
  const begins: string[] = [];
  for (const place of places) {
    const segments = place.replace(/^\//, '').split('/');
    const [first = ''] = segments;
    const found: Place = { run: segments.map(segmentPattern), rootOnly: place.startsWith('/') };
    if (first.includes('*')) {
      others.push(found);
      begins.push(segmentPattern(first).source);
    } else byName.set(first, [...(byName.get(first) ?? []), found]);
  }
  return { byName, others, anyOther: new RegExp(begins.length === 0 ? '(?!)' : begins.join('|'), 's') };
}

function segmentPattern(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

function isAt(names: readonly string[], { byName, others, anyOther }: Places): boolean {
  return names.some((name, at) => {
    const begun = [...(byName.get(name) ?? []), ...(anyOther.test(name) ? others : [])];
    return begun.some(
      ({ run, rootOnly }) =>
        (at === 0 || !rootOnly) && run.every((pattern, index) => pattern.test(names[at + index] ?? '/')),
    );
  });
}
