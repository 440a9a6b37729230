import { isHash, nodeHash, sameBytes } from './merkle.ts';
import type { HashReader, Subtree } from './subtree.ts';
import { assertInRange, isCount, readFolds, splitPoint, subtreesOf } from './subtree.ts';

/** What became of checking a Merkle proof. */
export type ProofResult = { readonly ok: true } | { readonly ok: false; readonly reason: ProofFailure };

/** `malformed`: sizes or hashes that no tree has; `wrong_length`: hashes too few or many; `wrong_root`: another tree. */
export type ProofFailure = 'malformed' | 'wrong_length' | 'wrong_root';

/** Hashes of entry and tree, both 32 bytes, and where the entry is claimed to stand. */
export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * The stored hashes that an inclusion proof needs, a group for each hash of the proof, so that a store can fetch them
 * all at once; throws `LogError` `out_of_range` unless `index` < `size`.
 */
export function inclusionSubtrees(index: number, size: number): Subtree[][] {
  assertInRange(isCount(index) && isCount(size) && index < size, 'index is not in the tree');
  const groups: Subtree[][] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      groups.push(subtreesOf(middle, end));
      end = middle;
    } else {
      groups.push(subtreesOf(start, middle));
      start = middle;
    }
  }
  return groups.toReversed();
}

/** The inclusion proof of entry `index` in the tree of `size` entries, the leaf's sibling first (RFC 9162 §2.1.3.1). */
export function inclusionProof(index: number, size: number, read: HashReader): Uint8Array[] {
  return readFolds(inclusionSubtrees(index, size), read);
}

/** Whether `proof` shows the claimed leaf in the claimed tree (RFC 9162 §2.1.3.2); attacker-controlled, never throws. */
export function verifyInclusion(claim: InclusionClaim, proof: readonly Uint8Array[]): ProofResult {
  const { leaf, index, size, root } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return { ok: false, reason: 'malformed' };
  if (![leaf, root, ...proof].every(isHash)) return { ok: false, reason: 'malformed' };
  let node = index;
  let lastNode = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (lastNode === 0) return { ok: false, reason: 'wrong_length' };
    if (node % 2 === 1 || node === lastNode) {
      hash = nodeHash(sibling, hash);
      // The rightmost node of an uneven level goes up alone until it has a left sibling.
      while (node % 2 === 0 && node !== 0) [node, lastNode] = [node / 2, Math.floor(lastNode / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, lastNode] = [Math.floor(node / 2), Math.floor(lastNode / 2)];
  }
  if (lastNode !== 0) return { ok: false, reason: 'wrong_length' };
  return sameBytes(hash, root) ? { ok: true } : { ok: false, reason: 'wrong_root' };
}
