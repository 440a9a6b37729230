import { LogError } from './error.ts';
import { foldSubtrees } from './merkle.ts';

/** The complete subtree over entries `index * 2^level` up to, not including, `(index + 1) * 2^level`. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** Returns the hash of a complete subtree, 32 bytes; throws where it has none. */
export type HashReader = (level: number, index: number) => Uint8Array;

/**
 * The complete subtrees whose fold is the Merkle tree hash of entries `start` up to, not including, `end`, largest
 * first. INVARIANT: `start` is a multiple of the largest of them, as RFC 9162 §2.1 splits always are.
 */
export function subtreesOf(start: number, end: number): Subtree[] {
  const subtrees: Subtree[] = [];
  let at = start;
  while (at < end) {
    let level = 0;
    let width = 1;
    while (width * 2 <= end - at) {
      width *= 2;
      level++;
    }
    subtrees.push({ level, index: at / width });
    at += width;
  }
  return subtrees;
}

/** The largest power of two below `n`, where RFC 9162 §2.1 splits a tree of `n` > 1 entries. */
export function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** The hash of each group of subtrees, read through `read`. */
export function readFolds(groups: readonly (readonly Subtree[])[], read: HashReader): Uint8Array[] {
  return groups.map((group) => foldSubtrees(group.map(({ level, index }) => read(level, index))));
}

/** Whether `n` counts entries exactly: an integer from 0 to 2^53-1. */
export function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

/** Throws `LogError` `out_of_range` unless `ok`. */
export function assertInRange(ok: boolean, message: string): void {
  if (!ok) throw new LogError('out_of_range', message);
}
