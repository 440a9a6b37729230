import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '../encoding.ts';
import type { CompactRange } from './compact-range.ts';
import {
  appendLeaf,
  EMPTY_RANGE,
  rangeFromHashes,
  rangeFromReader,
  rangeHashes,
  rangeRoot,
  rootFromLeaves,
} from './compact-range.ts';
import { consistencyProof, verifyConsistency } from './consistency.ts';
import { inclusionProof, verifyInclusion } from './inclusion.ts';
import { emptyRoot, leafHash, nodeHash } from './merkle.ts';
import type { HashReader } from './subtree.ts';
import { partialWidth, TILE_WIDTH, tileHashReader } from './tile.ts';

interface Vectors {
  entries: string[];
  roots: string[];
  inclusion: { index: number; size: number; proof: string[] }[];
  consistency: { old_size: number; size: number; proof: string[] }[];
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/rfc6962-tree.json', import.meta.url), 'utf8'),
);

// The model: RFC 9162 §2.1 as it is written, over slices.
function split(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}
function mth(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length <= 1) return leaves[0] ?? emptyRoot();
  const k = split(leaves.length);
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}
function path(m: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))];
}
function subproof(m: number, leaves: Uint8Array[], known: boolean): Uint8Array[] {
  if (m === leaves.length) return known ? [] : [mth(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), known), mth(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))];
}

const ENTRIES = 700;
const leaves = Array.from({ length: ENTRIES }, (_, i) => leafHash(Uint8Array.of(i >> 8, i & 255)));
const completed = new Map<string, Uint8Array>();
const ranges: CompactRange[] = [EMPTY_RANGE];
for (const leaf of leaves) {
  ranges.push(
    appendLeaf(ranges.at(-1)!, leaf, (level, index, hash) => completed.set(`${level}/${index}`, hash)),
  );
}
const read: HashReader = (level, index) => {
  const hash = completed.get(`${level}/${index}`);
  if (hash === undefined) throw new Error(`no hash ${level}/${index}`);
  return hash;
};

const size = fc.integer({ min: 1, max: ENTRIES });
const sizes = size.chain((n) => fc.record({ n: fc.constant(n), m: fc.integer({ min: 1, max: n }) }));

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  const at = Math.floor(bit / 8) % bytes.length;
  flipped[at] = flipped[at]! ^ (1 << (bit % 8));
  return flipped;
}

describe('the known tree', () => {
  const known = vectors.entries.map((entry) => leafHash(hex.decode(entry)));
  const root = (n: number): Uint8Array => hex.decode(vectors.roots[n]!);
  const knownRead: HashReader = (level, index) =>
    mth(known.slice(index * 2 ** level, (index + 1) * 2 ** level));

  it.each(vectors.roots.map((expected, n) => ({ n, expected })))(
    'has root $expected at $n',
    ({ n, expected }) => {
      expect(hex.encode(rootFromLeaves(known.slice(0, n)))).toBe(expected);
    },
  );

  it.each(vectors.inclusion)('includes $index at $size', ({ index, size: n, proof }) => {
    expect(inclusionProof(index, n, knownRead).map(hex.encode)).toEqual(proof);
    const claim = { leaf: known[index]!, index, size: n, root: root(n) };
    expect(verifyInclusion(claim, proof.map(hex.decode))).toEqual({ ok: true });
  });

  it.each(vectors.consistency)('grows from $old_size to $size', ({ old_size, size: n, proof }) => {
    expect(consistencyProof(old_size, n, knownRead).map(hex.encode)).toEqual(proof);
    const claim = { oldSize: old_size, oldRoot: root(old_size), size: n, root: root(n) };
    expect(verifyConsistency(claim, proof.map(hex.decode))).toEqual({ ok: true });
  });
});

describe('CompactRange', () => {
  it('has the root of the definition at every size, also after it has grown', () => {
    for (const [n, range] of ranges.entries()) {
      if (n < 70 || n % 61 === 0) expect(rangeRoot(range)).toEqual(mth(leaves.slice(0, n)));
    }
  });

  it('is taken apart and put together again', () => {
    fc.assert(
      fc.property(size, (n) => {
        expect(rangeFromHashes(n, rangeHashes(ranges[n]!))).toEqual(ranges[n]);
        expect(rangeFromReader(n, read)).toEqual(ranges[n]);
      }),
    );
  });

  it.each([
    ['too few hashes', 3, [leaves[0]!]],
    ['too many', 1, [leaves[0]!, leaves[0]!]],
    ['a short hash', 1, [new Uint8Array(31)]],
    ['a size that is no count', -1, []],
    ['a size beyond 2^53-1', 2 ** 53, [leaves[0]!]],
  ])('refuses %s', (_name, n, hashes) => {
    expect(() => rangeFromHashes(n, hashes)).toThrow(expect.objectContaining({ code: 'out_of_range' }));
  });

  it('is rebuilt from tiles alone', () => {
    fc.assert(
      fc.property(size, (n) => {
        const tile = (level: number, index: number): Uint8Array => {
          const full = Math.floor(n / TILE_WIDTH ** (level + 1));
          const width = index < full ? TILE_WIDTH : partialWidth(level, n);
          const hashes = Array.from({ length: width }, (_, i) => read(level * 8, index * TILE_WIDTH + i));
          return Uint8Array.from(hashes.flatMap((hash) => [...hash]));
        };
        expect(rangeFromReader(n, tileHashReader(tile))).toEqual(ranges[n]);
      }),
      { numRuns: 30 },
    );
  });

  it('misses a hash in a tile that is too short', () => {
    const reader = tileHashReader(() => leaves[0]!);
    expect(reader(0, 256)).toEqual(leaves[0]);
    expect(() => reader(1, 0)).toThrow(expect.objectContaining({ code: 'missing_hash' }));
  });
});

describe('inclusion', () => {
  it('is proven for every entry as defined, and for no other tree, entry or place', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), ({ n, m }, bit) => {
        const index = m - 1;
        const root = rangeRoot(ranges[n]!);
        const claim = { leaf: leaves[index]!, index, size: n, root };
        const proof = inclusionProof(index, n, read);
        expect(proof).toEqual(path(index, leaves.slice(0, n)));
        expect(verifyInclusion(claim, proof)).toEqual({ ok: true });

        const wrong = { ok: false, reason: 'wrong_root' };
        expect(verifyInclusion({ ...claim, root: flip(root, bit) }, proof)).toEqual(wrong);
        expect(verifyInclusion({ ...claim, leaf: flip(claim.leaf, bit) }, proof)).toEqual(wrong);
        for (const [i, hash] of proof.entries()) {
          expect(verifyInclusion(claim, proof.with(i, flip(hash, bit)))).toEqual(wrong);
        }
        const long = { ok: false, reason: 'wrong_length' };
        expect(verifyInclusion(claim, [...proof, root])).toEqual(long);
        if (n > 1) expect(verifyInclusion(claim, proof.slice(1)).ok).toBe(false);
        if (n > 1) expect(verifyInclusion({ ...claim, index: (index + 1) % n }, proof).ok).toBe(false);
      }),
    );
  });

  const claim = { leaf: leaves[0]!, index: 0, size: 1, root: leaves[0]! };
  it.each([
    ['an index beyond the tree', { ...claim, index: 1 }, []],
    ['an empty tree', { ...claim, size: 0 }, []],
    ['a negative index', { ...claim, index: -1 }, []],
    ['a fraction', { ...claim, index: 0.5 }, []],
    ['a size beyond 2^53-1', { ...claim, size: 2 ** 53 }, []],
    ['a short leaf', { ...claim, leaf: new Uint8Array(31) }, []],
    ['a long hash', { ...claim, size: 2 }, [new Uint8Array(33)]],
  ])('is not believed with %s', (_name, bad, proof) => {
    expect(verifyInclusion(bad, proof)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('is refused for an entry that is not there', () => {
    expect(() => inclusionProof(3, 3, read)).toThrow(expect.objectContaining({ code: 'out_of_range' }));
  });
});

describe('consistency', () => {
  it('is proven between all sizes as defined, and with no other tree', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), ({ n, m }, bit) => {
        const [oldRoot, root] = [rangeRoot(ranges[m]!), rangeRoot(ranges[n]!)];
        const claim = { oldSize: m, oldRoot, size: n, root };
        const proof = consistencyProof(m, n, read);
        expect(proof).toEqual(subproof(m, leaves.slice(0, n), true));
        expect(verifyConsistency(claim, proof)).toEqual({ ok: true });

        const wrong = { ok: false, reason: 'wrong_root' };
        expect(verifyConsistency({ ...claim, root: flip(root, bit) }, proof)).toEqual(wrong);
        expect(verifyConsistency({ ...claim, oldRoot: flip(oldRoot, bit) }, proof)).toEqual(wrong);
        for (const [i, hash] of proof.entries()) {
          expect(verifyConsistency(claim, proof.with(i, flip(hash, bit)))).toEqual(wrong);
        }
        expect(verifyConsistency(claim, [...proof, root])).toEqual({ ok: false, reason: 'wrong_length' });
        if (proof.length > 0) expect(verifyConsistency(claim, proof.slice(1)).ok).toBe(false);
        if (proof.length > 0)
          expect(verifyConsistency(claim, [])).toEqual({ ok: false, reason: 'wrong_length' });
      }),
    );
  });

  const root = leaves[0]!;
  const empty = emptyRoot();
  it.each([
    ['from empty', { oldSize: 0, oldRoot: empty, size: 1, root }, [], { ok: true }],
    ['empty to empty', { oldSize: 0, oldRoot: empty, size: 0, root: empty }, [], { ok: true }],
    [
      'from a false empty root',
      { oldSize: 0, oldRoot: root, size: 1, root },
      [],
      { ok: false, reason: 'wrong_root' },
    ],
    [
      'with a needless hash',
      { oldSize: 0, oldRoot: empty, size: 1, root },
      [root],
      { ok: false, reason: 'wrong_length' },
    ],
    ['backwards', { oldSize: 2, oldRoot: root, size: 1, root }, [], { ok: false, reason: 'malformed' }],
    [
      'of short roots',
      { oldSize: 1, oldRoot: root, size: 2, root: new Uint8Array(0) },
      [root],
      { ok: false, reason: 'malformed' },
    ],
  ])('%s', (_name, claim, proof, expected) => {
    expect(verifyConsistency(claim, proof)).toEqual(expected);
  });

  it('is refused for an older tree that is larger', () => {
    expect(() => consistencyProof(4, 3, read)).toThrow(expect.objectContaining({ code: 'out_of_range' }));
  });
});
