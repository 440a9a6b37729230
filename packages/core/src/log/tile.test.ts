import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.ts';
import type { Tile } from './tile.ts';
import { parseTilePath, partialWidth, tileOf, tilePath } from './tile.ts';

describe('tile paths', () => {
  it.each<[Tile, string]>([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 1234067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 1, index: 1000, width: 17 }, 'tile/1/x001/000.p/17'],
    [{ level: 63, index: 999, width: 1 }, 'tile/63/999.p/1'],
    [{ level: 'entries', index: 42, width: 255 }, 'tile/entries/042.p/255'],
  ])('%j is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    'tile/0/0',
    'tile/00/000',
    'tile/64/000',
    'tile/0/x000/001',
    'tile/0/001/002',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/05',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/../000',
    'tile/data/000',
  ])('refuses %s', (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: 'malformed_tile' }));
  });

  it('are read back for every index', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (index, width) => {
        expect(parseTilePath(tilePath({ level: 3, index, width }))).toEqual({ level: 3, index, width });
      }),
    );
  });
});

describe('tile geometry', () => {
  it('is that of the specification’s tree of 70,000', () => {
    expect([0, 1, 2, 3].map((level) => partialWidth(level, 70_000))).toEqual([112, 17, 1, 0]);
    expect([0, 1].map((level) => partialWidth(level, 256))).toEqual([0, 1]);
  });

  it.each([
    [0, 255, { level: 0, index: 0 }],
    [0, 256, { level: 0, index: 1 }],
    [7, 1, { level: 0, index: 0 }],
    [7, 2, { level: 0, index: 1 }],
    [8, 255, { level: 1, index: 0 }],
    [17, 128, { level: 2, index: 1 }],
  ])('has the subtree at level %i, index %i in %j', (level, index, tile) => {
    expect(tileOf(level, index)).toEqual(tile);
  });
});

describe('entry bundles', () => {
  it('are read back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 }), (entries) => {
        expect(decodeEntryBundle(encodeEntryBundle(entries))).toEqual(
          entries.map((entry) => Uint8Array.from(entry)),
        );
      }),
    );
  });

  it('write big-endian lengths', () => {
    const bundle = encodeEntryBundle([Uint8Array.of(7), new Uint8Array(256)]);
    expect([...bundle.subarray(0, 5)]).toEqual([0, 1, 7, 1, 0]);
  });

  it.each([[[0]], [[0, 1]], [[0, 0, 0, 2, 1]], [Array.from({ length: 2 * 257 }, () => 0)]])(
    'refuse %j',
    (bytes) => {
      expect(() => decodeEntryBundle(Uint8Array.from(bytes))).toThrow(
        expect.objectContaining({ code: 'malformed_tile' }),
      );
    },
  );

  it('hold no larger entry and no more entries', () => {
    const tooLarge = expect.objectContaining({ code: 'out_of_range' });
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(tooLarge);
    expect(() => encodeEntryBundle(Array.from({ length: 257 }, () => new Uint8Array(0)))).toThrow(tooLarge);
  });
});
