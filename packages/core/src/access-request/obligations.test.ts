import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meetsAssurance, mergeObligations, type Assurance, type Obligations } from './obligations.ts';
import { tally, type VoteStanding } from './tally.ts';

const assurance = fc.constantFrom<Assurance>('key', 'passkey');
const group = fc.constantFrom('a', 'b', 'c');
const obligations: fc.Arbitrary<Obligations> = fc.record({
  groups: fc.uniqueArray(fc.record({ group, quorum: fc.integer({ min: 1, max: 3 }) }), {
    selector: (each) => each.group,
    minLength: 1,
    maxLength: 3,
  }),
  ttl_seconds: fc.integer({ min: 1, max: 3600 }),
  max_uses: fc.integer({ min: 1, max: 5 }),
  assurance,
  scope: fc.constant('exact' as const),
});
const several = fc.tuple(obligations, obligations, obligations);
const votes: fc.Arbitrary<VoteStanding[]> = fc.array(
  fc.record({
    person: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
    decision: fc.constant('approve' as const),
    assurance,
    groups: fc.uniqueArray(group),
  }),
  { maxLength: 8 },
);

describe('mergeObligations', () => {
  it('approves nothing that any one of its parts would not', () => {
    fc.assert(
      fc.property(several, votes, (all, cast) => {
        if (tally(mergeObligations(all), cast).outcome !== 'approved') return;
        for (const each of all) expect(tally(each, cast).outcome).toBe('approved');
      }),
    );
  });

  it('grants no longer and no more often than any of its parts', () => {
    fc.assert(
      fc.property(several, (all) => {
        const merged = mergeObligations(all);
        expect(all.map((each) => each.ttl_seconds).sort((a, b) => a - b)[0]).toBe(merged.ttl_seconds);
        expect(all.map((each) => each.max_uses).sort((a, b) => a - b)[0]).toBe(merged.max_uses);
      }),
    );
  });

  it('is the same in any order, once or twice, and by parts', () => {
    fc.assert(
      fc.property(several, ([a, b, c]) => {
        const merged = mergeObligations([a, b, c]);
        expect(mergeObligations([c, a, b, a])).toEqual(merged);
        expect(mergeObligations([mergeObligations([a, b]), c])).toEqual(merged);
      }),
    );
  });

  it('sorts its groups and adds none', () => {
    fc.assert(
      fc.property(several, (all) => {
        const names = mergeObligations(all).groups.map((each) => each.group);
        expect(names).toEqual([
          ...new Set(all.flatMap((each) => each.groups.map((one) => one.group)).sort()),
        ]);
      }),
    );
  });
});

it.each([
  ['key', 'key', true],
  ['passkey', 'key', true],
  ['passkey', 'passkey', true],
  ['key', 'passkey', false],
] as const)('%s held against %s wanted: %s', (held, wanted, meets) => {
  expect(meetsAssurance(held, wanted)).toBe(meets);
});
