import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RestartPause } from './restart-pause.ts';
import { UpstreamAway } from './upstream-away.ts';

/** A pause and its clock. */
function paused(): { pause: RestartPause; pass: (ms: number) => void; die: (aged: number) => number } {
  let now = 1_000_000;
  const pause = new RestartPause(() => now);
  const pass = (ms: number): void => void (now += ms);
  return {
    pause,
    pass,
    die: (aged) => {
      const startedAt = pause.start();
      pass(aged);
      return pause.ended(startedAt);
    },
  };
}

test('doubles from a quarter of a second to half a minute, and ends with a long life', () => {
  const { pause, pass, die } = paused();
  const rests: number[] = [];
  for (let n = 0; n < 9; n++) {
    rests.push(die(10));
    pass(pause.leftMs);
  }
  expect(rests).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(die(60_000)).toBe(0);
  expect(die(59_999)).toBe(250);
});

test('who calls meanwhile is told when to come back', () => {
  const { pause, pass, die } = paused();
  for (let n = 0; n < 3; n++) {
    die(0);
    pass(pause.leftMs);
  }
  die(0);
  pass(1);
  expect(() => pause.start()).toThrow(UpstreamAway);
  expect(() => pause.start()).toThrow(expect.objectContaining({ retryAfter: 2 }));
  pass(1999);
  expect(() => pause.start()).not.toThrow();
});

test('several that end together count as one', () => {
  const { pause, pass } = paused();
  const started = [pause.start(), pause.start(), pause.start()];
  pass(5);
  expect(started.map((at) => pause.ended(at))).toEqual([250, 250, 250]);
});

test('no more than one start for each rest, whatever happens when', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { minLength: 1, maxLength: 60 }), (steps) => {
      const { pause, pass } = paused();
      let elapsed = 0;
      let starts = 0;
      for (const ms of steps) {
        try {
          const at = pause.start();
          starts++;
          pause.ended(at);
        } catch (error) {
          expect(error).toBeInstanceOf(UpstreamAway);
        }
        pass(ms);
        elapsed += ms;
      }
      // The n-th start lies at least 250 * (2^(n-1) - 1) ms after the first, up to half a minute each.
      const rests = Array.from({ length: starts - 1 }, (_, n) => Math.min(30_000, 250 * 2 ** n));
      expect(elapsed).toBeGreaterThanOrEqual(rests.reduce((sum, each) => sum + each, 0));
    }),
  );
});
