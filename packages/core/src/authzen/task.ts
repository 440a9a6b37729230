import type { JsonObject } from '../json/value.ts';
import type { Decision, Denial, Evaluation } from './evaluation.ts';
import type { Prospect } from './prospect.ts';
import type { RequestStatus } from '../access-request/status.ts';

/** What a PEP submits after a requestable denial. ARAP §"Access Request". */
export interface Submission extends Evaluation {
  readonly denial: {
    /** Missing only where `binding_token` names it. */
    readonly evaluation_id?: string;
    /** RFC 3339, as the denial gave it. */
    readonly expires_at?: string;
    readonly binding_token?: string;
    /** Where the denial says to file: for whoever sends it, and not sent. ARAP §"PEP Processing Rules". */
    readonly endpoint?: string;
  };
  /** Who acts, as the PEP says; refused unless it is the agent that the authority knows. ARAP §"Delegation". */
  readonly actor?: JsonObject;
  /** Where to tell how it ended; the authority must allow it by name. ARAP §"Callback Completion". */
  readonly callback?: {
    readonly endpoint: string;
    readonly state?: string;
    readonly events?: readonly string[];
  };
  /** Wishes, such as `requested_until`. They decide nothing; policy says what is granted. ARAP §"Overbroad Approval". */
  readonly requested_access?: JsonObject;
  /** Written by the agent: shown as untrusted text, at most 2000 characters. */
  readonly business_justification?: string;
}

/** Several denials that one submission brings, each with its own `denial`. ARAP §"Access Request Submission". */
export interface BundleSubmission extends Omit<Submission, 'resource' | 'action' | 'denial' | 'callback'> {
  readonly items: readonly (Pick<Submission, 'resource' | 'action' | 'requested_access'> & {
    readonly denial?: Submission['denial'];
  })[];
  /** For items without one: it covers them all. */
  readonly denial?: Submission['denial'];
}

/** A bundle as its submitter sees it: a task for each item, in the order of the submission. */
export interface BundleTask {
  readonly id: string;
  /** `pending` while any item is, then theirs where they agree, else `partial`. */
  readonly status: RequestStatus | 'partial';
  readonly created_at: string;
  readonly items: readonly (Pick<Submission, 'resource' | 'action'> & { readonly task: Task })[];
}

/** How a submission names the denial it comes from. ARAP: `expires_at` "MUST" be echoed, and the token unchanged. */
export function denialReference({ evaluation_id, access_request }: Denial['context']): Submission['denial'] {
  const { expires_at, binding_token, endpoint } = access_request ?? {};
  return {
    evaluation_id,
    ...(expires_at === undefined ? {} : { expires_at }),
    ...(binding_token === undefined ? {} : { binding_token }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** What came of a claim. SEP-2848. */
export type Disposition = 'approved-executed' | 'denied-not-executed' | 'execution-error' | 'outcome-unknown';

/** An access request as its submitter sees it; never names an approver or a link for one. ARAP §"Task". */
export interface Task {
  readonly id: string;
  readonly status: RequestStatus;
  readonly created_at: string;
  /** RFC 3339: when the request expires unanswered; once it has ended, until when the task can be read. */
  readonly expires_at: string;
  readonly progress: {
    readonly current_step: number;
    readonly total_steps: number;
    readonly awaiting: readonly string[];
  };
  /** A page that tells the requester how it stands, and nothing else: neither what is asked nor of whom. ARAP `links.ticket`. */
  readonly ticket_url?: string;
  /** Present exactly when `status` is `approved`. */
  readonly approval?: {
    readonly id: string;
    readonly approved_at: string;
    readonly approved_until: string;
    /** Signed proof for a PDP that does not share the authority's state; opaque to whoever carries it. */
    readonly state?: string;
  };
}

/**
 * What a door asks of the authority, as one authenticated caller: over HTTP it is `@countersign/client`,
 * in the authority's own process an adapter with the same meaning.
 */
export interface ConsentPort {
  /**
   * Asks for a decision; with `context.approval.id` set, a permit is the claim (at most once per
   * `idempotencyKey`: the same key gets the same `claim_id` until the report).
   */
  evaluate(question: Evaluation, options?: EvaluateOptions): Promise<Decision>;
  /**
   * What can come of each of these questions, whatever their arguments are, in their order; all of
   * one agent. Absent where the authority cannot look ahead.
   */
  foresee?(questions: readonly Evaluation[], options?: CallOptions): Promise<readonly Prospect[]>;
  /**
   * Names what `foresee` is answered by now: resolves once that is another than `unlike`, or with the same after
   * `timeoutMs` milliseconds. It says nothing of what changed. Absent as `foresee` is.
   */
  foresight?(
    options: CallOptions & { readonly unlike?: string | undefined; readonly timeoutMs: number },
  ): Promise<string>;
  /** Files the access request, or joins the identical pending one. Throws `ConsentError` on refusal. */
  request(
    submission: Submission,
    options?: CallOptions & { readonly idempotencyKey?: string },
  ): Promise<Task>;
  /** Resolves when the task leaves `pending`, or with its current state after `timeoutMs` milliseconds. */
  wait(taskId: string, options: CallOptions & { readonly timeoutMs: number }): Promise<Task>;
  cancel(taskId: string, options?: CallOptions): Promise<Task>;
  /** Extends the lease of a claim that still runs. */
  renew(claimId: string, options?: CallOptions): Promise<{ readonly lease_until: string }>;
  /** Records what came of a claim; accepted once (and once more, late, after `outcome-unknown`). */
  report(claimId: string, disposition: Disposition, options?: CallOptions): Promise<void>;
}

/** How to ask for a decision. */
export interface EvaluateOptions extends CallOptions {
  readonly idempotencyKey?: string;
  /**
   * Called, where authority and caller share a process, as soon as a permit is certain whose every effect is
   * `read`, before it is durable. The caller may then fetch the answer, and must not release a byte of it
   * until `evaluate` resolves with the permit: for a read, the release is the effect.
   */
  readonly onReadPermit?: () => void;
}

/** `signal` ends waiting for the answer; it never undoes what the authority did. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}
