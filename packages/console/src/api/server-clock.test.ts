import { expect, it } from 'vitest';
import { clockOffset } from './server-clock.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const HEADER = new Date(NOON).toUTCString();

it('takes the middle of the answer and of the header’s second', () => {
  expect(clockOffset(HEADER, NOON + 400, NOON + 600)).toEqual({ offset: 0, spread: 600 });
  expect(clockOffset(HEADER, NOON - 60_000, NOON - 60_000)).toEqual({ offset: 60_500, spread: 500 });
});

it('learns nothing from a missing or odd header', () => {
  expect(clockOffset(null, 0, 1)).toBeUndefined();
  expect(clockOffset('noon', 0, 1)).toBeUndefined();
});
