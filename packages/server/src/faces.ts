import type {
  BatchItem,
  BundleSubmission,
  BundleTask,
  CallOptions,
  ConsentPort,
  ConsentQuestion,
  Decision,
  Disposition,
  EnrolmentStatement,
  Evaluation,
  EvaluationsSemantic,
  FailedEvaluation,
  PendingEnrolmentView,
  PersonView,
  Prospect,
  RequestStatus,
  RequestSummary,
  RequestView,
  Search,
  SearchResult,
  SessionView,
  Task,
  VoteStatement,
} from '@countersign/core';
import type { AuditReport } from './audit/verify.ts';
import type { ParkedCallStore } from './gateway/port.ts';
import type { Listener } from './notify/events.ts';
import type { Explanation, Pdp } from './pdp/port.ts';
import type { Agent, Caller, Pep } from './principal/port.ts';
import type { Tokens } from './token/tokens.ts';

/** WebAuthn option and response objects pass through as JSON; only `passkey/` looks into them. */
export type WebauthnJson = Record<string, unknown>;

/** What one caller may ask: the consent port, and its own tasks at a glance. */
export interface CallerPort extends ConsentPort {
  /** Throws `unknown_task` for a task that this credential neither filed nor joined. */
  task(id: string): Promise<Task>;
  /** Files a request for each item, or none. Throws as `request` does. */
  requestBundle(
    submission: BundleSubmission,
    options?: { readonly idempotencyKey?: string },
  ): Promise<BundleTask>;
  /** Throws `unknown_task` for a bundle that this credential did not file. */
  bundle(id: string): Promise<BundleTask>;
  waitForBundle(id: string, options: CallOptions & { readonly timeoutMs: number }): Promise<BundleTask>;
  cancelBundle(id: string): Promise<BundleTask>;
  /** One answer to each, in order; those that the semantic leaves out are missing at the end. None ever claims. */
  evaluateAll(
    items: readonly BatchItem[],
    semantic: EvaluationsSemantic,
  ): Promise<readonly (Decision | FailedEvaluation)[]>;
  foresee(questions: readonly Evaluation[]): Promise<readonly Prospect[]>;
  foresight(
    options: CallOptions & { readonly unlike?: string | undefined; readonly timeoutMs: number },
  ): Promise<string>;
  /** Throws `forbidden` for an agent's own key: what exists is not an agent's to explore. */
  search(search: Search): Promise<SearchResult>;
}

/** Agents and PEPs; keys are returned once and only their hash is kept. */
export interface Registry {
  addAgent(input: {
    readonly name: string;
    readonly owner_email: string;
  }): Promise<{ readonly agent: Agent; readonly api_key: string }>;
  /** By id or name. Throws `not_found`. */
  agent(idOrName: string): Promise<Agent>;
  agents(): Promise<readonly Agent[]>;
  setAgentStatus(idOrName: string, status: Agent['status']): Promise<Agent>;
  addPep(input: {
    readonly name: string;
    readonly agents: readonly string[] | null;
    readonly explains?: boolean;
  }): Promise<{ readonly pep: Pep; readonly api_key: string }>;
  revokePep(id: string): Promise<void>;
}

/** Whoever signed in or presented a key, as an approver. */
export interface Approver {
  readonly person: string;
  readonly email: string;
  readonly credential: string;
}

/** The approvers' side: what waits, what it says, and the two steps of a signed vote. */
export interface Desk {
  list(filter: {
    readonly open: boolean;
    readonly before?: string;
    readonly limit?: number;
  }): Promise<{ readonly requests: readonly RequestSummary[]; readonly next?: string }>;
  /** Throws `not_found`. */
  view(id: string, approver?: Approver): Promise<RequestView>;
  /** Makes the statement to sign and remembers it for five minutes under its nonce. Throws `not_eligible`, `invalid_task_state`. */
  beginVote(
    approver: Approver,
    vote: { readonly request: string; readonly decision: 'approve' | 'deny'; readonly note?: string },
  ): Promise<{
    readonly statement: VoteStatement;
    readonly question: ConsentQuestion;
    readonly options?: WebauthnJson;
  }>;
  /**
   * Counts a signed vote. `evidence` is checked against the remembered statement of `nonce`.
   * Throws `stale_statement`, `invalid_signature`, `not_eligible`, `already_voted`, `invalid_task_state`.
   */
  finishVote(approver: Approver, nonce: string, proof: Proof): Promise<RequestView>;
  revokeApproval(approver: Approver, approval: string): Promise<RequestView>;
}

/** A signature as it arrives: an Ed25519 one (unpadded base64url), or a browser's assertion response. */
export type Proof =
  | { readonly kind: 'key'; readonly signature: string }
  | { readonly kind: 'passkey'; readonly response: WebauthnJson };

/** How people and their credentials come in. */
export interface Enrolment {
  readonly enrolled: () => Promise<boolean>;
  /** A one-time link for the first approver; replaces an earlier one. Throws `conflict` once anyone is enrolled. */
  firstLink(): Promise<{ readonly url: string; readonly expires_at: string }>;
  beginLink(
    secret: string,
    email?: string,
  ): Promise<{
    readonly options: WebauthnJson;
    readonly kind: 'first' | 'invitation';
    readonly email?: string;
  }>;
  /** `enrolled` with the new approver for the first; an invitation waits for a signature. Throws `link_spent`. */
  finishLink(
    secret: string,
    email: string | undefined,
    response: WebauthnJson,
  ): Promise<{ readonly status: 'enrolled'; readonly approver: Approver } | { readonly status: 'waiting' }>;
  /** Only for whoever holds the data folder, and only while nobody is enrolled: throws `conflict`. */
  enrolFirstKey(input: {
    readonly email: string;
    readonly group: string;
    readonly public_key: string;
  }): Promise<Approver>;
  invite(
    approver: Approver,
    input: { readonly email: string; readonly group: string },
  ): Promise<{ readonly url: string; readonly expires_at: string }>;
  proposeKey(input: {
    readonly email: string;
    readonly group: string;
    readonly public_key: string;
  }): Promise<PendingEnrolmentView>;
  pendings(): Promise<readonly PendingEnrolmentView[]>;
  beginSignature(
    approver: Approver,
    pending: string,
  ): Promise<{ readonly statement: EnrolmentStatement; readonly options?: WebauthnJson }>;
  finishSignature(
    approver: Approver,
    nonce: string,
    proof: Proof,
  ): Promise<{ readonly person: string; readonly credential: string }>;
  discard(approver: Approver, pending: string): Promise<void>;
  people(): Promise<readonly PersonView[]>;
  /** Every group that policies or memberships name, sorted. */
  groups(): Promise<readonly string[]>;
  revokeCredential(by: Approver, credential: string): Promise<void>;
  /** The approver of an Ed25519 public key. Throws `not_eligible` when it is not enrolled or revoked. */
  approverByKey(publicKey: string): Promise<Approver>;
}

/** Console sessions: begun by a passkey, held by a cookie whose hash alone is stored. */
export interface SignIn {
  begin(): Promise<{ readonly options: WebauthnJson }>;
  finish(
    response: WebauthnJson,
  ): Promise<{ readonly token: string; readonly expires_at: string; readonly approver: Approver }>;
  /** For a person who has just enrolled with that very passkey. */
  open(approver: Approver): Promise<{ readonly token: string; readonly expires_at: string }>;
  approver(token: string): Promise<Approver | undefined>;
  view(approver: Approver | undefined): Promise<SessionView>;
  end(token: string): Promise<void>;
}

/** The audit log as its readers see it. */
export interface LogReader {
  verify(options?: { readonly checkpoint?: string }): Promise<AuditReport>;
  /** A C2SP tlog-proof for the newest leaf that names `id` (request, approval, claim, evaluation ...). Throws `not_found`. */
  proof(id: string): Promise<{ readonly proof: string; readonly entry: string; readonly vkey: string }>;
  checkpoint(): Promise<string | undefined>;
  readonly vkey: string;
}

/** All that a requester may see of a request by its ticket. INVARIANT: neither what is asked, nor who asks or is asked. */
export interface TicketView {
  /** `used` once its approval was claimed. */
  readonly status: RequestStatus | 'used';
  /** RFC 3339. */
  readonly expires_at: string;
}

/** The whole authority over one data folder; it listens on nothing and starts no door. */
export interface Authority {
  readonly id: string;
  readonly pdp: Pdp;
  /** The caller whose key this is, or undefined. Constant-time by hash look-up; revoked keys are unknown. */
  authenticate(apiKey: string): Promise<Caller | undefined>;
  consent(caller: Caller): CallerPort;
  /** Signs and verifies what travels through a PEP. */
  readonly tokens: Tokens;
  /** What policy says of a question, and why; nothing is decided or recorded. */
  explain(agentIdOrName: string, evaluation: Evaluation): Promise<Explanation>;
  readonly registry: Registry;
  /** What an operator has found out of a claim of unknown outcome. Throws `unknown_claim`, `invalid_claim_state`. */
  markClaim(claim: string, disposition: Disposition): Promise<void>;
  readonly desk: Desk;
  readonly enrolment: Enrolment;
  readonly signIn: SignIn;
  readonly log: LogReader;
  /** What a door keeps here of calls that wait; the authority itself looks into none of it. */
  readonly parkedCalls: ParkedCallStore;
  /** How the request of a ticket stands; undefined for a name that is none. */
  ticket(id: string): Promise<TicketView | undefined>;
  /** Hears what changes, after it is durable. Answers how to stop. */
  subscribe(listener: Listener): () => void;
  close(): Promise<void>;
}
