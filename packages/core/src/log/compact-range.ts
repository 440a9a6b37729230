import { emptyRoot, foldSubtrees, HASH_BYTES, nodeHash } from './merkle.ts';
import type { HashReader } from './subtree.ts';
import { assertInRange, isCount, subtreesOf } from './subtree.ts';

/**
 * A tree of `size` entries by the hashes of its largest complete subtrees. INVARIANT: never changed, so whoever keeps an
 * older range has kept that tree, and going back to it costs nothing.
 */
export interface CompactRange {
  readonly size: number;
  readonly last: Peak | undefined;
}

/** The rightmost complete subtree and, to its left, ever larger ones. */
interface Peak {
  readonly level: number;
  readonly hash: Uint8Array;
  readonly left: Peak | undefined;
}

/** The tree without entries. */
export const EMPTY_RANGE: CompactRange = { size: 0, last: undefined };

/**
 * The tree with one more leaf hash (32 bytes), one node hash amortized. `completed` is told every subtree that is now
 * complete, the leaf first: what a store of tiles must keep are the levels divisible by 8.
 */
export function appendLeaf(
  range: CompactRange,
  leaf: Uint8Array,
  completed?: (level: number, index: number, hash: Uint8Array) => void,
): CompactRange {
  assertInRange(leaf.length === HASH_BYTES, 'leaf hash is not 32 bytes');
  assertInRange(isCount(range.size + 1), 'tree is full');
  let index = range.size;
  let peak: Peak = { level: 0, hash: leaf, left: range.last };
  completed?.(0, index, leaf);
  while (peak.left?.level === peak.level) {
    index = Math.floor(index / 2);
    peak = { level: peak.level + 1, hash: nodeHash(peak.left.hash, peak.hash), left: peak.left.left };
    completed?.(peak.level, index, peak.hash);
  }
  return { size: range.size + 1, last: peak };
}

/** The root hash (RFC 9162 §2.1.1), one node hash per subtree. */
export function rangeRoot(range: CompactRange): Uint8Array {
  if (range.last === undefined) return emptyRoot();
  let { hash, left } = range.last;
  for (; left !== undefined; left = left.left) hash = nodeHash(left.hash, hash);
  return hash;
}

/** The hashes of the complete subtrees, largest first: with the size, all there is to store. */
export function rangeHashes(range: CompactRange): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let peak = range.last; peak !== undefined; peak = peak.left) hashes.push(peak.hash);
  return hashes.toReversed();
}

/** The range that `rangeHashes` took apart; throws `LogError` `out_of_range` where count or lengths do not fit. */
export function rangeFromHashes(size: number, hashes: readonly Uint8Array[]): CompactRange {
  assertInRange(isCount(size), 'tree size is not a count');
  const subtrees = subtreesOf(0, size);
  assertInRange(subtrees.length === hashes.length, 'number of hashes does not fit the tree size');
  let last: Peak | undefined;
  for (const [i, hash] of hashes.entries()) {
    assertInRange(hash.length === HASH_BYTES, 'subtree hash is not 32 bytes');
    last = { level: subtrees[i]!.level, hash, left: last };
  }
  return { size, last };
}

/** The range of the first `size` entries of a stored tree; see `tileHashReader`. */
export function rangeFromReader(size: number, read: HashReader): CompactRange {
  assertInRange(isCount(size), 'tree size is not a count');
  return rangeFromHashes(
    size,
    subtreesOf(0, size).map(({ level, index }) => read(level, index)),
  );
}

/** The root over leaf hashes in order (RFC 9162 §2.1.1). */
export function rootFromLeaves(leaves: readonly Uint8Array[]): Uint8Array {
  return foldSubtrees(
    rangeHashes(leaves.reduce<CompactRange>((range, leaf) => appendLeaf(range, leaf), EMPTY_RANGE)),
  );
}
