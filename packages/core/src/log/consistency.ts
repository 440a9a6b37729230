import type { ProofResult } from './inclusion.ts';
import { emptyRoot, isHash, nodeHash, sameBytes } from './merkle.ts';
import type { HashReader, Subtree } from './subtree.ts';
import { assertInRange, isCount, readFolds, splitPoint, subtreesOf } from './subtree.ts';

/** Two trees of one log by size and root (32 bytes), the older first. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
}

/** As `inclusionSubtrees`, for a consistency proof; throws `LogError` `out_of_range` unless `oldSize` <= `size`. */
export function consistencySubtrees(oldSize: number, size: number): Subtree[][] {
  assertInRange(isCount(oldSize) && isCount(size) && oldSize <= size, 'old size is beyond the tree');
  if (oldSize === 0) return [];
  const groups: Subtree[][] = [];
  let [start, end] = [0, size];
  while (oldSize !== end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      groups.push(subtreesOf(middle, end));
      end = middle;
    } else {
      groups.push(subtreesOf(start, middle));
      start = middle;
    }
  }
  // Where the old tree is itself a subtree of the new one, the verifier has its root already.
  if (start !== 0) groups.push(subtreesOf(start, end));
  return groups.toReversed();
}

/** The consistency proof between two sizes of a tree (RFC 9162 §2.1.4.1); empty from 0 and from the same size. */
export function consistencyProof(oldSize: number, size: number, read: HashReader): Uint8Array[] {
  return readFolds(consistencySubtrees(oldSize, size), read);
}

/**
 * Whether `proof` shows the newer tree to begin with the older one (RFC 9162 §2.1.4.2); attacker-controlled, never
 * throws. From size 0 only the empty root and the empty proof are consistent (c2sp.org/tlog-witness).
 */
export function verifyConsistency(claim: ConsistencyClaim, proof: readonly Uint8Array[]): ProofResult {
  const { oldSize, oldRoot, size, root } = claim;
  if (!isCount(oldSize) || !isCount(size) || oldSize > size) return { ok: false, reason: 'malformed' };
  if (![oldRoot, root, ...proof].every(isHash)) return { ok: false, reason: 'malformed' };
  if (oldSize === 0 || oldSize === size) {
    if (proof.length > 0) return { ok: false, reason: 'wrong_length' };
    if (oldSize === 0 && !sameBytes(oldRoot, emptyRoot())) return { ok: false, reason: 'wrong_root' };
    if (oldSize === size && !sameBytes(oldRoot, root)) return { ok: false, reason: 'wrong_root' };
    return { ok: true };
  }
  let node = oldSize - 1;
  let lastNode = size - 1;
  while (node % 2 === 1) [node, lastNode] = [Math.floor(node / 2), Math.floor(lastNode / 2)];
  // Node 0 here: the old tree is a complete subtree of the new one, and its root stands in for the first hash.
  const [seed, ...rest] = node === 0 ? [oldRoot, ...proof] : proof;
  if (seed === undefined) return { ok: false, reason: 'wrong_length' };
  let [oldHash, hash] = [seed, seed];
  for (const sibling of rest) {
    if (lastNode === 0) return { ok: false, reason: 'wrong_length' };
    if (node % 2 === 1 || node === lastNode) {
      oldHash = nodeHash(sibling, oldHash);
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, lastNode] = [node / 2, Math.floor(lastNode / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, lastNode] = [Math.floor(node / 2), Math.floor(lastNode / 2)];
  }
  if (lastNode !== 0) return { ok: false, reason: 'wrong_length' };
  return sameBytes(oldHash, oldRoot) && sameBytes(hash, root)
    ? { ok: true }
    : { ok: false, reason: 'wrong_root' };
}
