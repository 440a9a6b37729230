import { ConsentError, type Disposition } from '@countersign/core';
import { credentialOf } from '../decision/acting-agent.ts';
import { rfc3339, type AuthorityParts } from '../parts.ts';
import type { Caller } from '../principal/port.ts';
import { LEASE_MS } from './claiming.ts';

/** Records what came of a claim. Throws `unknown_claim`, `invalid_claim_state`. */
export async function reportClaim(
  parts: AuthorityParts,
  caller: Caller,
  claim: string,
  disposition: Disposition,
): Promise<void> {
  const outcome = await parts.approvals.report(claim, credentialOf(caller), disposition, parts.clock());
  switch (outcome.kind) {
    case 'unknown':
      throw new ConsentError('unknown_claim', 'no such claim of this credential');
    case 'already_reported': {
      const reported = outcome.claim.late_disposition ?? outcome.claim.disposition;
      // The same report again is a lost answer, not a second opinion.
      if (reported === disposition) return;
      throw new ConsentError(
        'invalid_claim_state',
        `the claim was reported already: ${reported ?? 'unknown'}`,
      );
    }
    case 'recorded': {
      const approval = await parts.approvals.approval(outcome.claim.approval);
      if (approval !== undefined)
        parts.events.tell({ kind: 'request', id: approval.request, status: 'approved' });
    }
  }
}

/** Records what an operator has found out by looking. Throws `unknown_claim`, `invalid_claim_state`. */
export async function markClaim(
  { approvals, events }: AuthorityParts,
  id: string,
  disposition: Disposition,
): Promise<void> {
  const outcome = await approvals.mark(id, disposition);
  if (outcome.kind === 'unknown') throw new ConsentError('unknown_claim', 'no such claim');
  const { claim } = outcome;
  if (outcome.kind === 'already_reported') {
    const known = claim.late_disposition ?? claim.disposition ?? 'under way';
    throw new ConsentError(
      'invalid_claim_state',
      `only a claim of unknown outcome can be marked: this one is ${known}`,
    );
  }
  const approval = await approvals.approval(claim.approval);
  if (approval !== undefined) events.tell({ kind: 'request', id: approval.request, status: 'approved' });
}

/** Extends the lease of a claim that still runs. Throws `unknown_claim`. */
export async function renewClaim(
  parts: AuthorityParts,
  caller: Caller,
  claim: string,
): Promise<{ readonly lease_until: string }> {
  const renewed = await parts.approvals.renew(claim, credentialOf(caller), parts.clock(), LEASE_MS);
  if (renewed === undefined) throw new ConsentError('unknown_claim', 'no such open claim of this credential');
  return { lease_until: rfc3339(renewed.lease_until) };
}
