import { LogError } from './error.ts';
import { foldSubtrees, HASH_BYTES, nodeHash } from './merkle.ts';
import type { HashReader } from './subtree.ts';
import { assertInRange, isCount } from './subtree.ts';

/** Hashes in a full tile, and levels of the tree in one level of tiles as a power of two (c2sp.org/tlog-tiles). */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
const MAX_LEVEL = 63;

/** A tile: its level (or `entries`), its index there, and its width from 1 to 256. */
export interface Tile {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** Path below the log's prefix, as in `tile/0/x001/x234/067.p/5`; throws `LogError` `out_of_range`. */
export function tilePath({ level, index, width }: Tile): string {
  assertInRange(level === 'entries' || (isCount(level) && level <= MAX_LEVEL), 'tile level is not 0 to 63');
  assertInRange(isCount(index), 'tile index is not a count');
  assertInRange(isCount(width) && width >= 1 && width <= TILE_WIDTH, 'tile width is not 1 to 256');
  const groups = splitThousands(index);
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

const TILE_PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/;

/** The tile of a path; throws `LogError` `malformed_tile` unless `tilePath` writes exactly this path. */
export function parseTilePath(path: string): Tile {
  const [, level, index, width] = TILE_PATH.exec(path) ?? [];
  if (level === undefined || index === undefined) throw malformed('path names no tile');
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  let written: string;
  try {
    written = tilePath(tile);
  } catch (cause) {
    throw malformed('path names a tile out of range', { cause });
  }
  if (written !== path) throw malformed('path is not the only spelling of its tile');
  return tile;
}

/** Width of the partial tile at `level` of a tree of `size` entries; 0 where there is none. */
export function partialWidth(level: number, size: number): number {
  assertInRange(isCount(level) && level <= MAX_LEVEL && isCount(size), 'no tree has such a tile');
  return Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
}

/** The tile, by level and index, that holds the hash of a complete subtree or the hashes that make it. */
export function tileOf(level: number, index: number): { level: number; index: number } {
  return {
    level: Math.floor(level / TILE_HEIGHT),
    index: Math.floor((index * 2 ** (level % TILE_HEIGHT)) / TILE_WIDTH),
  };
}

/**
 * Reads subtree hashes from stored tiles: `readTile` returns the concatenated hashes of the tile of `tileOf`, full or
 * partial. The reader throws `LogError` `missing_hash` where the tile is too short.
 */
export function tileHashReader(readTile: (level: number, index: number) => Uint8Array): HashReader {
  return (level, index) => {
    const tile = tileOf(level, index);
    const bytes = readTile(tile.level, tile.index);
    const count = 2 ** (level % TILE_HEIGHT);
    const first = (index * count) % TILE_WIDTH;
    const hashes = Array.from({ length: count }, (_, i) => hashAt(bytes, first + i));
    return mergePairs(hashes);
  };
}

function splitThousands(n: number): string[] {
  const rest = Math.floor(n / 1000);
  return [...(rest > 0 ? splitThousands(rest) : []), String(n % 1000).padStart(3, '0')];
}

function hashAt(tile: Uint8Array, position: number): Uint8Array {
  const start = position * HASH_BYTES;
  if (start + HASH_BYTES > tile.length) throw new LogError('missing_hash', 'tile ends before the hash');
  return tile.slice(start, start + HASH_BYTES);
}

function mergePairs(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length <= 1) return foldSubtrees(hashes);
  const half = hashes.length / 2;
  return nodeHash(mergePairs(hashes.slice(0, half)), mergePairs(hashes.slice(half)));
}

function malformed(message: string, options?: ErrorOptions): LogError {
  return new LogError('malformed_tile', message, options);
}
