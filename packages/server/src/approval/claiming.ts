import { tally, type DenialReason, type JsonValue } from '@countersign/core';
import { judgeBy } from '../access-request/eligibility.ts';
import type { Asked } from '../decision/asked.ts';
import type { AuthorityParts } from '../parts.ts';
import type { PolicyAnswer } from '../pdp/port.ts';
import { newId } from '../principal/ids.ts';
import type { Claim, ClaimOutcome } from './port.ts';
import { standingFingerprint } from './standing.ts';

/** How long a claim may run unreported before it counts as `outcome-unknown`; renewed while it runs. Design §2.9. */
export const LEASE_MS: number = 5 * 60_000;

export interface ClaimRequest {
  readonly asked: Asked;
  readonly answer: PolicyAnswer & { kind: 'step_up' };
  readonly approval: { readonly id: string; readonly state?: JsonValue };
  readonly idempotencyKey: string | undefined;
}

export type UseOutcome =
  | { readonly kind: 'claimed'; readonly claim: Claim; readonly approved_until: number }
  | { readonly kind: 'refused'; readonly reason: DenialReason };

/**
 * Spends one use of the named approval on the action just judged. Steps: it is this agent's approval; it is
 * for exactly this action; the stored votes meet what policy asks for *now*; then one compare-and-set.
 *
 * Crash order: the claim and its entry are one transaction. A crash before it leaves the use unspent; a
 * crash after it leaves an open claim, which ends as `outcome-unknown` and is never run again.
 */
export async function claimUse(parts: AuthorityParts, request: ClaimRequest): Promise<UseOutcome> {
  const { asked, answer } = request;
  const { id, state } = request.approval;
  const approval = await parts.approvals.approval(id);
  const grounds = await parts.approvals.grounds(id);
  if (approval === undefined || grounds === undefined || approval.agent !== asked.agent.id) {
    return refused('approval_unverifiable');
  }
  if (approval.binding_hash !== asked.binding_hash) return refused('out_of_scope');
  const { agent, binding_hash } = approval;
  // ARAP: "MUST verify that the two identifiers match, and MUST reject the re-evaluation on mismatch".
  if (
    state !== undefined &&
    !(await parts.tokens.verifyApprovalState(state, { approval: id, binding_hash, agent }))
  )
    return refused('approval_unverifiable');

  const standings = judgeBy(parts.config)(grounds.question, grounds.votes, grounds.approvers);
  if (tally(answer.obligations, standings).outcome !== 'approved') return refused('approval_insufficient');

  const outcome = await parts.approvals.claim(
    {
      approval: approval.id,
      claim_id: newId(parts, 'clm'),
      evaluation_id: asked.id,
      credential: asked.credential,
      // Without a key a lost answer cannot be told from a new claim: each such call is a claim of its own.
      idempotency_key: request.idempotencyKey ?? asked.id,
      agent: asked.agent.id,
      seen: {
        agent_revision: asked.agent.revision,
        above: asked.chain.above.map(({ id: above, revision }) => ({ agent: above, revision })),
        policy_version: answer.policy_version,
        catalog_version: answer.catalog_version,
        standing: standingFingerprint(grounds.votes, grounds.approvers),
      },
      max_uses: answer.obligations.max_uses,
      live_until: approval.approved_at + answer.obligations.ttl_seconds * 1000,
      now: parts.clock(),
      lease_ms: LEASE_MS,
    },
    () => parts.pdp.info,
  );
  return outcome.kind === 'claimed'
    ? { kind: 'claimed', claim: outcome.claim, approved_until: approval.approved_until }
    : refused(REASONS[outcome.kind]);
}

const REASONS: Record<Exclude<ClaimOutcome['kind'], 'claimed'>, DenialReason> = {
  consumed: 'approval_consumed',
  expired: 'approval_expired',
  revoked: 'approval_revoked',
  changed: 'state_changed',
  unknown: 'approval_unverifiable',
};

function refused(reason: DenialReason): UseOutcome {
  return { kind: 'refused', reason };
}
