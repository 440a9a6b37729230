import type { JsonObject } from '../json/value.ts';
import type { PepObligation } from './pep-obligation.ts';

/** Who is asked about. AuthZEN Authorization API 1.0 §5.1. */
export interface Subject {
  readonly type: string;
  readonly id: string;
  readonly properties?: JsonObject;
}

/** What would be done. AuthZEN Authorization API 1.0 §5.3. */
export interface Action {
  readonly name: string;
  readonly properties?: JsonObject;
}

/** What it would be done to. AuthZEN Authorization API 1.0 §5.2. */
export interface Resource {
  readonly type: string;
  readonly id: string;
  readonly properties?: JsonObject;
}

/** One question to the PDP. AuthZEN Authorization API 1.0 §6.1. */
export interface Evaluation {
  readonly subject: Subject;
  readonly action: Action;
  readonly resource: Resource;
  readonly context?: JsonObject;
}

/** Why an answer is not a permit; stable, for programs. ARAP §"Re-evaluation" gives the approval ones. */
export type DenialReason =
  | 'approval_required'
  | 'policy_denied'
  | 'indeterminate'
  | 'agent_inactive'
  | 'requester_unknown'
  | 'recently_denied'
  | 'too_many_pending'
  | 'too_many_requests'
  | 'approval_expired'
  | 'approval_consumed'
  | 'approval_revoked'
  | 'approval_unverifiable'
  | 'out_of_scope'
  | 'approval_insufficient'
  | 'state_changed'
  | 'obligation_unsupported'
  | 'log_unavailable';

/** What a PEP does after a denial. ARAP: `request` files anew, `retry` asks again, `none` gives up. */
export type NextAction = 'request' | 'retry' | 'none';

/**
 * What an enforcement point that can is to read before it asks people, and again before it runs what they consented to:
 * consent to a change of something holds while that is what it was.
 */
export interface Precondition {
  /** A tool of the same upstream, reviewed to read and nothing else. */
  readonly tool: string;
  readonly arguments: JsonObject;
  /** Whether what was read is shown to people, not its digest alone. */
  readonly show: boolean;
}

/** The part of a denial that makes it requestable. ARAP §"Requestable denial". */
export interface RequestableDenial {
  /** Absolute URL of the Access Request Service, or a path when the caller is in this process. */
  readonly endpoint: string;
  /** RFC 3339; after it the denial can no longer be used to file. */
  readonly expires_at: string;
  /** Over HTTP: the denial, signed, to be given back unchanged. ARAP §"Binding Token Integrity". */
  readonly binding_token?: string;
  /** Over HTTP: the JSON schema of what a submission may add. */
  readonly request_schema_url?: string;
  /** Words for people: who must approve, and why. Never agent-controlled. */
  readonly display: { readonly title: string; readonly description: string };
  readonly precondition?: Precondition;
}

/** An approval as a PEP sees it: a name for state that the authority keeps, never a bearer. */
export interface ApprovalReference {
  readonly id: string;
  /** RFC 3339. */
  readonly approved_until: string;
}

/** A permit; `approval.claim_id` is present when this answer spent a use of an approval. */
export interface Permit {
  readonly decision: true;
  readonly context: {
    readonly evaluation_id: string;
    readonly evaluated_at: string;
    /** For a PEP that may see it: which policies determined, and which nearly did. */
    readonly reason_admin?: { readonly en: string };
    /** What the enforcement point must do, or treat this as a deny. AuthZEN Obligations profile. */
    readonly obligations?: readonly PepObligation[];
    readonly approval?: ApprovalReference & { readonly claim_id: string; readonly lease_until: string };
  };
}

/** A denial; requestable exactly when `access_request` is present. */
export interface Denial {
  readonly decision: false;
  readonly context: {
    readonly evaluation_id: string;
    readonly evaluated_at: string;
    readonly reason: DenialReason;
    /** One line for a person or a model; never agent-controlled. */
    readonly reason_user: string;
    readonly reason_admin?: { readonly en: string };
    readonly obligations?: readonly PepObligation[];
    readonly access_request?: RequestableDenial;
    /** A live approval that covers the action: re-evaluate with `context.approval = { id }` to claim it. */
    readonly approval?: ApprovalReference;
    /** An identical request that is pending already: submitting joins it. */
    readonly pending_request_id?: string;
    readonly next_action: NextAction;
    /** Seconds. */
    readonly retry_after?: number;
  };
}

/** The PDP's answer. A deny is an answer, not an error. */
export type Decision = Permit | Denial;
