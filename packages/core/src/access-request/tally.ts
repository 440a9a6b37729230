import type { GroupQuorum, Obligations } from './obligations.ts';
import { meetsAssurance, type Assurance } from './obligations.ts';

/** A stored vote with what is known *now* of who cast it; the signature was checked when it was cast. */
export interface VoteStanding {
  readonly person: string;
  readonly decision: 'approve' | 'deny';
  readonly assurance: Assurance;
  /** The groups the person belongs to now. */
  readonly groups: readonly string[];
  /** Why it does not count now, or undefined: suspended, credential revoked, requester, owner ... */
  readonly ineligible?: string;
}

export interface Tally {
  readonly outcome: 'pending' | 'approved' | 'denied';
  /** Distinct eligible approvers so far, by group. */
  readonly groups: readonly (GroupQuorum & { readonly have: number })[];
}

/**
 * Counts votes against obligations: one eligible deny ends it, otherwise every group needs its quorum of
 * distinct eligible people. INVARIANT: eligibility is decided afresh at each count. Design §4.
 */
export function tally(obligations: Obligations, votes: readonly VoteStanding[]): Tally {
  const counting = votes.filter(
    (vote) => vote.ineligible === undefined && meetsAssurance(vote.assurance, obligations.assurance),
  );
  const groups = obligations.groups.map(({ group, quorum }) => {
    const people = new Set(
      counting.filter((v) => v.decision === 'approve' && v.groups.includes(group)).map((v) => v.person),
    );
    return { group, quorum, have: people.size };
  });
  const named = (vote: VoteStanding): boolean =>
    obligations.groups.some(({ group }) => vote.groups.includes(group));
  if (counting.some((vote) => vote.decision === 'deny' && named(vote))) return { outcome: 'denied', groups };
  // A quorum below one is nobody's consent.
  const met = groups.length > 0 && groups.every(({ have, quorum }) => have >= Math.max(quorum, 1));
  return { outcome: met ? 'approved' : 'pending', groups };
}
