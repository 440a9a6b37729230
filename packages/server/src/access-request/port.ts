import type {
  ConsentQuestion,
  Evaluation,
  Evidence,
  RequestStatus,
  Tally,
  VoteStanding,
  VoteStatement,
} from '@countersign/core';
import type { AuditEvent } from '../audit/entry.ts';
import type { Callback } from '../notify/port.ts';

/** What the authority remembers of a requestable denial, so that a submission can be bound to it. */
export interface RememberedDenial {
  readonly id: string;
  readonly agent: string;
  readonly credential: string;
  readonly binding_hash: string;
  /** The question as it will be asked; `id`, `created_at`, `expires_at` and `justification` are set when it is filed. */
  readonly question: ConsentQuestion;
  readonly expires_at: number;
}

export interface AccessRequest {
  readonly id: string;
  readonly agent: string;
  readonly binding_hash: string;
  readonly status: RequestStatus;
  readonly question: ConsentQuestion;
  /** Names the page on which its requester sees how it stands; none on requests of before there were any. */
  readonly ticket?: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly ended_at?: number;
}

export interface StoredVote {
  readonly request: string;
  readonly statement: VoteStatement;
  readonly evidence: Evidence;
  readonly cast_at: number;
}

/** A vote together with what is known of its caster now. */
export interface StandingVote extends StoredVote {
  readonly email: string;
  readonly groups: readonly string[];
  readonly credential_revoked: boolean;
}

/** A denial of another PDP, whose signed token a submission came with. */
export interface ForeignDenial {
  /** The PDP's identifier. */
  readonly issuer: string;
  readonly jti: string;
  /** The members of the context that it binds. */
  readonly members: readonly string[];
}

export interface FileInput {
  readonly denial: RememberedDenial;
  readonly question: ConsentQuestion;
  readonly ticket: string;
  readonly credential: string;
  /** INVARIANT: one token files one request: whoever brings it again gets that one, and only who brought it first. */
  readonly foreign?: ForeignDenial;
  /** Where the credential wants to hear how it ended. */
  readonly callback?: Omit<Callback, 'request' | 'credential'>;
  readonly idempotency?: { readonly key: string; readonly body_hash: string };
  readonly now: number;
  readonly max_pending: number;
  /** So many may this agent have filed after that moment, in milliseconds since the epoch. */
  readonly max_filed: number;
  readonly filed_after: number;
  /** An action that a person denied after this moment is not asked about again; milliseconds since the epoch. */
  readonly denied_after: number;
}

/** Several requests filed together. */
export interface BundleInput {
  readonly id: string;
  readonly credential: string;
  readonly filings: readonly (Pick<FileInput, 'denial' | 'question' | 'ticket' | 'foreign'> &
    Pick<Evaluation, 'resource' | 'action'>)[];
  readonly idempotency?: { readonly key: string; readonly body_hash: string };
  readonly now: number;
  readonly max_pending: number;
  readonly max_filed: number;
  readonly filed_after: number;
  readonly denied_after: number;
}

export interface Bundle {
  readonly id: string;
  readonly created_at: number;
  /** In the order of the submission; two items may be one request. */
  readonly items: readonly (Pick<Evaluation, 'resource' | 'action'> & { readonly request: string })[];
}

export type BundleOutcome =
  | { readonly kind: 'filed'; readonly bundle: Bundle }
  | { readonly kind: 'idempotency_conflict' }
  | { readonly kind: 'denied_lately' }
  | { readonly kind: 'too_many_pending' }
  | { readonly kind: 'too_many_requests' };

export type FileOutcome =
  | { readonly kind: 'filed'; readonly request: AccessRequest }
  /** The identical pending request of this agent, or the one this idempotency key made. */
  | { readonly kind: 'joined'; readonly request: AccessRequest }
  | { readonly kind: 'idempotency_conflict' }
  | { readonly kind: 'denied_lately' }
  | { readonly kind: 'too_many_pending' }
  | { readonly kind: 'too_many_requests' };

export interface CastInput {
  readonly request: string;
  readonly challenge: string;
  readonly statement: VoteStatement;
  readonly evidence: Evidence;
  readonly assurance: 'key' | 'passkey';
  readonly now: number;
  readonly approval_id: string;
}

export type CastOutcome =
  | { readonly kind: 'counted'; readonly request: AccessRequest; readonly tally: Tally }
  | { readonly kind: 'not_pending'; readonly status: RequestStatus }
  | { readonly kind: 'already_voted' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'not_eligible'; readonly why: string }
  | { readonly kind: 'unknown' };

export interface RequestFilter {
  readonly open: boolean;
  readonly after?: { readonly time: number; readonly id: string };
  readonly limit: number;
}

/** Judges who counts, inside the transaction that counts. Pure: it may run more than once. */
export type Judge = (
  question: ConsentQuestion,
  votes: readonly StandingVote[],
  approvers: number,
) => VoteStanding[];

/**
 * Pending questions and their votes. Each method that writes is one transaction with its log entries,
 * durable when it resolves.
 */
export interface AccessRequestStore {
  /** Records a decision; with `denial`, what a submission will be bound to. No permit leaves before it resolves. */
  recordDecision(event: AuditEvent, denial?: RememberedDenial): Promise<void>;
  denial(id: string): Promise<RememberedDenial | undefined>;
  /**
   * Files a request. INVARIANT: at most one pending request for each (agent, binding hash): of concurrent
   * identical calls one files and the others join it; a credential holds each task it filed or joined. An action that
   * a person has just denied is not filed, however near the deny came to it.
   */
  file(input: FileInput): Promise<FileOutcome>;
  /**
   * Files or joins a request for each item, and remembers that they belong together: all of it in one transaction, or,
   * where one of them cannot be filed, none.
   */
  fileBundle(input: BundleInput): Promise<BundleOutcome>;
  /** Undefined unless this credential filed it. */
  bundle(id: string, credential: string): Promise<Bundle | undefined>;
  request(id: string): Promise<AccessRequest | undefined>;
  /** The request of a ticket. */
  ticketed(ticket: string): Promise<AccessRequest | undefined>;
  /** Whose denial the credential filed it for, where it was another PDP's. */
  foreignDenial(request: string, credential: string): Promise<ForeignDenial | undefined>;
  /** Whether the credential filed or joined it. */
  holds(request: string, credential: string): Promise<boolean>;
  pendingFor(agent: string, bindingHash: string, now: number): Promise<AccessRequest | undefined>;
  /** When the identical action was last denied, in milliseconds since the epoch. */
  lastDenied(agent: string, bindingHash: string): Promise<number | undefined>;
  /** Pending ones soonest to expire first, ended ones newest first; `after` is the last of the page before. */
  list(filter: RequestFilter): Promise<readonly AccessRequest[]>;
  votes(request: string): Promise<readonly StandingVote[]>;
  /**
   * Casts a vote: atomically consumes the challenge, checks that the request is pending and not late and
   * that the person has not voted, stores statement and evidence, counts with `judge`, and, when that
   * ends the request, ends it and creates the approval. A deny and a quorum race: the first commit wins.
   */
  cast(input: CastInput, judge: Judge): Promise<CastOutcome>;
  /** Ends a pending request; answers its state afterwards, undefined when there is none. */
  end(request: string, status: 'cancelled' | 'failed', now: number): Promise<AccessRequest | undefined>;
  /** Ends every pending request whose time is up; answers their ids. */
  expireDue(now: number): Promise<readonly string[]>;
  /** Forgets remembered denials and challenges whose time is long up. */
  prune(now: number): Promise<void>;
}
