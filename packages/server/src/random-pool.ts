import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;

/** Unpredictable bytes of the machine's generator, which costs as much for 4 KiB as for 16 bytes. INVARIANT: no byte is given twice. */
export function randomPool(): (size: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let next = POOL_BYTES;
  return (size) => {
    if (size > POOL_BYTES) return randomFillSync(new Uint8Array(size));
    if (next + size > POOL_BYTES) {
      randomFillSync(pool);
      next = 0;
    }
    const bytes = pool.slice(next, next + size);
    // What was given is nobody's to read here again.
    pool.fill(0, next, next + size);
    next += size;
    return bytes;
  };
}
