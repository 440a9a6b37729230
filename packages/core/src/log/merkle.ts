import { sha256 } from '#sha256';

/** Bytes of every hash in the tree: SHA-256. */
export const HASH_BYTES = 32;

/** Hash of one entry: SHA-256(0x00 || entry) (RFC 9162 §2.1.1). */
export function leafHash(entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + entry.length);
  input.set(entry, 1);
  return sha256(input);
}

/** Hash of two adjacent subtrees: SHA-256(0x01 || left || right) (RFC 9162 §2.1.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  // INVARIANT: both sides are whole hashes, else two different pairs could make one input.
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) throw new TypeError('hash is not 32 bytes');
  PAIR.set(left, 1);
  PAIR.set(right, 1 + HASH_BYTES);
  return sha256(PAIR);
}

// One for all: nothing else comes between its writing and its hashing, and to make one takes as long as to hash it.
const PAIR = new Uint8Array(1 + 2 * HASH_BYTES);
PAIR[0] = 1;

/** Root of the tree without entries: SHA-256 of nothing (RFC 9162 §2.1.1). */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array(0));
}

/** Root over the hashes of adjacent complete subtrees, largest and leftmost first; the empty root of none. */
export function foldSubtrees(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? emptyRoot() : hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** Whether two byte strings are the same; not in constant time, since all that a log holds is public. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Whether `hash` is as long as every hash of the tree. */
export function isHash(hash: Uint8Array): boolean {
  return hash.length === HASH_BYTES;
}
