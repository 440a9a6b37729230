import { expect, test } from 'vitest';
import { pollInterval } from './poll-interval.ts';

test.each([
  [undefined, 1000],
  ['5000', 1000],
  [0, 50],
  [-1, 50],
  [60_000, 60_000],
  [2 ** 40, 600_000],
])('a server that wishes %j is looked at again after %i ms', (wished, milliseconds) => {
  expect(pollInterval(wished)).toBe(milliseconds);
});
