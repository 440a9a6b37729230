import type { ActionFacts } from '../effects.ts';
import type { BoundTuple } from '../authzen/binding.ts';
import type { Obligations } from './obligations.ts';

/** A policy that determined the step-up, in its author's words. */
export interface DeterminingPolicy {
  readonly id: string;
  readonly reason?: string;
}

/** The machine-computed difference between what the agent may do alone and this request. Design §1. */
export interface Delta {
  readonly version: 1;
  /** The boundary it is measured against: the policy set of that digest. */
  readonly boundary: { readonly kind: 'policy'; readonly policy_version: string };
  readonly facts: ActionFacts;
  readonly policies: readonly DeterminingPolicy[];
}

/**
 * All that is put before an approver, exactly as stored: the canonical text is rendered from this record
 * alone, so that a browser, a command line and an auditor years later get the same bytes.
 */
export interface ConsentQuestion {
  readonly version: 1;
  readonly authority: string;
  readonly tenant: string;
  readonly id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly created_at: string;
  readonly expires_at: string;
  readonly agent: { readonly id: string; readonly name: string; readonly owner: string };
  /** `gateway` where the authority's own door observed the call, `self` where the agent's own key reported it. */
  readonly reported_by: 'pep' | 'self';
  readonly bound: BoundTuple;
  readonly binding_hash: string;
  readonly delta: Delta;
  readonly obligations: Obligations;
  readonly policy_version: string;
  /** The agent's own words: untrusted. */
  readonly justification?: string;
}
