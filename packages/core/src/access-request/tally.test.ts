import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Obligations } from './obligations.ts';
import { tally, type VoteStanding } from './tally.ts';

const OBLIGATIONS: Obligations = {
  groups: [{ group: 'approvers', quorum: 2 }],
  ttl_seconds: 900,
  max_uses: 1,
  assurance: 'passkey',
  scope: 'exact',
};

function vote(person: string, changes: Partial<VoteStanding> = {}): VoteStanding {
  return { person, decision: 'approve', assurance: 'passkey', groups: ['approvers'], ...changes };
}

describe('tally', () => {
  it.each<[string, VoteStanding[], string]>([
    ['no vote', [], 'pending'],
    ['one of two', [vote('a')], 'pending'],
    ['two of two', [vote('a'), vote('b')], 'approved'],
    ['three of two', [vote('a'), vote('b'), vote('c')], 'approved'],
    ['one person twice', [vote('a'), vote('a')], 'pending'],
    [
      'one person by two credentials',
      [vote('a'), vote('a', { assurance: 'key' }), vote('a', { groups: ['approvers', 'x'] })],
      'pending',
    ],
    ['a vote too weakly proven', [vote('a'), vote('b', { assurance: 'key' })], 'pending'],
    ['a vote of another group', [vote('a'), vote('b', { groups: ['others'] })], 'pending'],
    ['a vote that no longer counts', [vote('a'), vote('b', { ineligible: 'suspended' })], 'pending'],
    ['a deny', [vote('a'), vote('b'), vote('c', { decision: 'deny' })], 'denied'],
    ['a deny of one who approved too', [vote('a'), vote('b'), vote('a', { decision: 'deny' })], 'denied'],
    [
      'a deny by an ineligible',
      [vote('a'), vote('b'), vote('c', { decision: 'deny', ineligible: 'requester' })],
      'approved',
    ],
    [
      'a deny of another group',
      [vote('a'), vote('b'), vote('c', { decision: 'deny', groups: [] })],
      'approved',
    ],
    [
      'a deny too weakly proven',
      [vote('a'), vote('b'), vote('c', { decision: 'deny', assurance: 'key' })],
      'approved',
    ],
    ['an unknown decision', [vote('a'), vote('b', { decision: 'abstain' as 'deny' })], 'pending'],
  ])('%s', (_name, votes, outcome) => {
    expect(tally(OBLIGATIONS, votes).outcome).toBe(outcome);
  });

  it.each([[[]], [[{ group: 'approvers', quorum: 0 }]], [[{ group: 'approvers', quorum: Number.NaN }]]])(
    'approves nothing by itself: %j',
    (groups) => {
      expect(tally({ ...OBLIGATIONS, groups }, []).outcome).toBe('pending');
    },
  );

  it('needs each group, and lets one person stand for two', () => {
    const groups = [
      { group: 'approvers', quorum: 1 },
      { group: 'security', quorum: 1 },
    ];
    const counted = (votes: VoteStanding[]) => tally({ ...OBLIGATIONS, groups }, votes);
    expect(counted([vote('a')])).toEqual({
      outcome: 'pending',
      groups: [
        { group: 'approvers', quorum: 1, have: 1 },
        { group: 'security', quorum: 1, have: 0 },
      ],
    });
    expect(counted([vote('a', { groups: ['approvers', 'security'] })]).outcome).toBe('approved');
  });

  const names = ['approvers', 'security'];
  const obligations = fc.record({
    groups: fc
      .subarray(names)
      .chain((chosen) =>
        fc.tuple(
          ...chosen.map((group) => fc.integer({ min: 1, max: 3 }).map((quorum) => ({ group, quorum }))),
        ),
      ),
    ttl_seconds: fc.constant(900),
    max_uses: fc.constant(1),
    assurance: fc.constantFrom('key' as const, 'passkey' as const),
    scope: fc.constant('exact' as const),
  });
  const standing: fc.Arbitrary<VoteStanding> = fc
    .record({
      person: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
      // Rare enough that approvals are seen too.
      decision: fc.oneof(
        { weight: 9, arbitrary: fc.constant('approve' as const) },
        { weight: 1, arbitrary: fc.constant('deny' as const) },
      ),
      assurance: fc.constantFrom('key' as const, 'passkey' as const),
      groups: fc.subarray([...names, 'bystanders']),
      ineligible: fc.option(fc.constant('suspended'), { nil: undefined, freq: 4 }),
    })
    .map(({ ineligible, ...rest }) => (ineligible === undefined ? rest : { ...rest, ineligible }));

  it('says what the rules say, word for word', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(obligations, fc.array(standing, { maxLength: 9 }), (wanted, votes) => {
        const { outcome } = tally(wanted, votes);
        expect(outcome).toBe(oracle(wanted, votes));
        seen.add(outcome);
      }),
      { numRuns: 2000, seed: 20261124 },
    );
    expect([...seen].sort()).toEqual(['approved', 'denied', 'pending']);
  });

  it('does not depend on the order of votes', () => {
    fc.assert(
      fc.property(obligations, fc.array(standing, { maxLength: 9 }), (wanted, votes) => {
        expect(tally(wanted, votes.toReversed())).toEqual(tally(wanted, votes));
      }),
    );
  });

  it('never approves by more votes of the same people', () => {
    fc.assert(
      fc.property(obligations, fc.array(standing, { maxLength: 9 }), (wanted, votes) => {
        expect(tally(wanted, [...votes, ...votes])).toEqual(tally(wanted, votes));
      }),
    );
  });
});

/** Design §4 as a person would count by hand. */
function oracle({ groups, assurance }: Obligations, votes: readonly VoteStanding[]): string {
  const have: Record<string, Record<string, true>> = { approvers: {}, security: {} };
  let denied = false;
  for (const { person, decision, assurance: held, groups: member, ineligible } of votes) {
    if (ineligible !== undefined) continue;
    if (assurance === 'passkey' && held === 'key') continue;
    for (const { group } of groups) {
      if (!member.includes(group)) continue;
      if (decision === 'deny') denied = true;
      else have[group]![person] = true;
    }
  }
  if (denied) return 'denied';
  if (groups.length === 0) return 'pending';
  for (const { group, quorum } of groups) {
    if (Object.keys(have[group]!).length < quorum) return 'pending';
  }
  return 'approved';
}
