import type { ConsentQuestion, Disposition } from '@countersign/core';
import type { StandingVote } from '../access-request/port.ts';

export interface Approval {
  readonly id: string;
  readonly request: string;
  readonly agent: string;
  readonly binding_hash: string;
  readonly approved_at: number;
  readonly approved_until: number;
  readonly max_uses: number;
  readonly uses: number;
  readonly revoked_at?: number;
}

export interface Claim {
  readonly id: string;
  readonly approval: string;
  readonly credential: string;
  readonly claimed_at: number;
  readonly lease_until: number;
  readonly disposition?: Disposition;
  readonly reported_at?: number;
  readonly late_disposition?: Disposition;
}

export interface ClaimInput {
  readonly approval: string;
  readonly claim_id: string;
  readonly evaluation_id: string;
  readonly credential: string;
  readonly idempotency_key: string;
  readonly agent: string;
  /** What step 7 saw; the transaction refuses when any of it has changed. */
  readonly seen: {
    readonly agent_revision: number;
    /** Of the agents above it in its delegation chain. */
    readonly above: readonly { readonly agent: string; readonly revision: number }[];
    readonly policy_version: string;
    readonly catalog_version: string;
    /** How many votes were counted: one more, or a revocation, is a change. */
    readonly standing: string;
  };
  /** The use count that the *current* policy allows, and how long it lets the approval live. */
  readonly max_uses: number;
  readonly live_until: number;
  readonly now: number;
  readonly lease_ms: number;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly claim: Claim; readonly repeated: boolean }
  | { readonly kind: 'consumed' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'unknown' };

export type ReportOutcome =
  | { readonly kind: 'recorded'; readonly claim: Claim }
  | { readonly kind: 'already_reported'; readonly claim: Claim }
  | { readonly kind: 'unknown' };

/** What was granted, and the spending of it. Each method that writes is one transaction with its log entries. */
export interface ApprovalStore {
  approval(id: string): Promise<Approval | undefined>;
  approvalOf(request: string): Promise<Approval | undefined>;
  /** The newest approval of exactly this action that is neither late, revoked nor used up. */
  findLive(agent: string, bindingHash: string, now: number): Promise<Approval | undefined>;
  /** The question and the votes that granted it, for judging them anew. */
  grounds(
    approval: string,
  ): Promise<{ question: ConsentQuestion; votes: readonly StandingVote[]; approvers: number } | undefined>;
  claims(approval: string): Promise<readonly Claim[]>;
  /**
   * Spends one use. INVARIANT: uses never exceed max_uses; of n concurrent claimants for one use exactly
   * one gets it; the same (credential, approval, idempotency key) gets the same claim until it is
   * reported, and never a second use. `pdp` is read inside the transaction, so that a policy reload
   * between judging and spending is a `changed`.
   */
  claim(
    input: ClaimInput,
    pdp: () => { policy_version: string; catalog_version: string },
  ): Promise<ClaimOutcome>;
  /** Extends the lease of an unreported claim of this credential. */
  renew(claim: string, credential: string, now: number, leaseMs: number): Promise<Claim | undefined>;
  /** Accepted once, and once more after the authority itself recorded `outcome-unknown`. */
  report(claim: string, credential: string, disposition: Disposition, now: number): Promise<ReportOutcome>;
  /** What an operator has found out of a claim whose outcome was unknown: once, and no late report changes it. */
  mark(claim: string, disposition: Disposition): Promise<ReportOutcome>;
  /**
   * Records `outcome-unknown` for every claim whose lease ended and, where `restarted` is given, for every
   * open claim whose credential begins with it: the process that held those is gone.
   */
  endLeases(now: number, restarted?: string): Promise<readonly string[]>;
  revoke(approval: string, by: string, now: number): Promise<boolean>;
}
