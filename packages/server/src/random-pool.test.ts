import { expect, test } from 'vitest';
import { randomPool } from './random-pool.ts';

test('bytes are of the size asked for, never given twice, and the caller’s own', () => {
  const random = randomPool();
  const seen = new Set<string>();
  for (let n = 0; n < 3000; n++) {
    const bytes = random(16 + (n % 17));
    expect(bytes).toHaveLength(16 + (n % 17));
    expect(bytes.buffer.byteLength).toBe(bytes.length);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
    seen.add(Buffer.from(bytes.subarray(0, 16)).toString('hex'));
    bytes.fill(0);
  }
  expect(seen.size).toBe(3000);
  expect(random(10_000)).toHaveLength(10_000);
});
