import { nodeHash, type HashReader } from '@countersign/core';

/** Whether subtrees so high above the leaves are stored: tiles are eight levels high, what lies between is computed (c2sp.org/tlog-tiles). */
export function isStoredLevel(level: number): boolean {
  return level > 0 && level % 8 === 0;
}

/**
 * A hash reader over a store that keeps only every eighth level, as tiles do (c2sp.org/tlog-tiles): the
 * levels in between are computed, at most 255 hashes. Throws where the store has no such subtree.
 */
export function storedHashReader(
  stored: (level: number, index: number) => Uint8Array | undefined,
): HashReader {
  const read: HashReader = (level, index) => {
    if (level === 0 || isStoredLevel(level)) {
      const hash = stored(level, index);
      if (hash === undefined) throw new Error(`the log has no subtree ${level}/${index}`);
      return hash;
    }
    return nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
  };
  return read;
}
