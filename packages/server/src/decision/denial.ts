import type { Denial, DenialReason, NextAction } from '@countersign/core';
import { rfc3339 } from '../parts.ts';
import type { Asked } from './asked.ts';

/** A denial in words, with what the enforcement point does next. */
export function denial(asked: Asked, reason: DenialReason, more: Partial<Denial['context']> = {}): Denial {
  return {
    decision: false,
    context: {
      evaluation_id: asked.id,
      evaluated_at: rfc3339(asked.now),
      reason,
      reason_user: WORDS[reason],
      next_action: NEXT[reason],
      ...(RETRY_AFTER[reason] === undefined ? {} : { retry_after: RETRY_AFTER[reason] }),
      ...more,
    },
  };
}

/** What the enforcement point does next. ARAP §"Completion Semantics". */
export function nextAction(reason: DenialReason): NextAction {
  return NEXT[reason];
}

const WORDS: Record<DenialReason, string> = {
  approval_required: 'a person must consent to this action first',
  policy_denied: 'policy does not allow this action, and consent cannot change that',
  indeterminate: 'policy could not be evaluated, so nothing is allowed',
  agent_inactive: 'this agent is suspended',
  requester_unknown:
    'a person must consent, and nobody can be asked while it is unknown who stands behind the call: the operator maps its subject and actors under `issuers`',
  recently_denied: 'a person denied this very action a short while ago',
  too_many_pending: 'too many requests of this agent are pending already',
  too_many_requests: 'this agent asked people too often just now',
  approval_expired: 'the approval has expired',
  approval_consumed: 'the approval was used already',
  approval_revoked: 'the approval was revoked',
  approval_unverifiable: 'no such approval for this agent',
  out_of_scope: 'the approval is for another action',
  approval_insufficient: 'the votes no longer meet what policy asks for',
  state_changed: 'policy or agent changed just now; ask again',
  obligation_unsupported: 'policy asks the enforcement point for more than it can do',
  log_unavailable: 'the audit log cannot be written, so nothing is allowed',
};

const NEXT: Record<DenialReason, NextAction> = {
  approval_required: 'request',
  policy_denied: 'none',
  indeterminate: 'none',
  agent_inactive: 'none',
  requester_unknown: 'none',
  recently_denied: 'none',
  too_many_pending: 'retry',
  too_many_requests: 'retry',
  approval_expired: 'request',
  approval_consumed: 'request',
  approval_revoked: 'request',
  approval_unverifiable: 'none',
  out_of_scope: 'request',
  approval_insufficient: 'request',
  state_changed: 'retry',
  obligation_unsupported: 'none',
  log_unavailable: 'retry',
};

/** Seconds. ARAP: "RECOMMENDED when `next_action` is `retry`". */
const RETRY_AFTER: Partial<Record<DenialReason, number>> = {
  too_many_pending: 60,
  too_many_requests: 60,
  // What changed has changed: the same question can be judged again at once.
  state_changed: 0,
  log_unavailable: 15,
};
