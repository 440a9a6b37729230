import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { rfc3339 } from './parts.ts';

it('tells every time as it is, whatever was told before', () => {
  const times = fc.array(
    fc.oneof(
      fc.constantFrom(0, -1, -0.5, 1.5, 999, 1000, 1_800_000_000_999),
      fc.integer({ min: 1_800_000_000_000, max: 1_800_000_003_000 }),
      fc.date({ noInvalidDate: true }).map(Number),
    ),
  );
  fc.assert(
    fc.property(times, (each) => {
      for (const time of each) expect(rfc3339(time)).toBe(new Date(time).toISOString());
    }),
  );
});

it('refuses what is no time, and goes on', () => {
  for (let i = 0; i < 2; i++) {
    expect(() => rfc3339(Number.NaN)).toThrow(RangeError);
    expect(() => rfc3339(Infinity)).toThrow(RangeError);
    expect(() => rfc3339(9e15)).toThrow(RangeError);
    expect(rfc3339(1)).toBe('1970-01-01T00:00:00.001Z');
  }
});
