import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test('gives its burst at once, then one at a time as it fills, and never more than its burst', () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, 1000);
  expect([bucket.take(1000), bucket.take(1000), bucket.take(1000)]).toEqual([0, 0, 0]);
  expect(bucket.take(1000)).toBe(500);
  expect(bucket.take(1250)).toBe(250);
  expect(bucket.take(1500)).toBe(0);
  expect(bucket.isFull(2999)).toBe(false);
  expect(bucket.isFull(3000)).toBe(true);
  expect([0, 0, 0, 0].map(() => bucket.take(1_000_000))).toEqual([0, 0, 0, 500]);
});

test('a clock that goes back gives nothing and takes nothing', () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, 10_000);
  expect(bucket.take(10_000)).toBe(0);
  expect(bucket.take(0)).toBe(1000);
  expect(bucket.take(1000)).toBe(0);
});
