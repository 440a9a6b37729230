import type { Assurance, DelegationParty, EnrolmentStatement, Evidence } from '@countersign/core';

export interface Agent {
  readonly id: string;
  readonly name: string;
  /** The accountable human. */
  readonly owner: string;
  readonly owner_email: string;
  readonly status: 'active' | 'suspended';
  /** Grows with every change; a claim compares it. */
  readonly revision: number;
  readonly created_at: number;
}

export interface Pep {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'revoked';
  /** The agents it may speak for, or null for any. */
  readonly agents: readonly string[] | null;
  /** Whether its answers say which policies determined them and which nearly did. */
  readonly explains: boolean;
  readonly created_at: number;
}

/**
 * Who asks: an agent with its own key (for itself alone), a PEP (for any agent it is not limited from), or
 * a door in the authority's own process that has authenticated the agent itself, and has verified the chain of those
 * on whose behalf it acts, if there is one.
 */
export type Caller =
  | { readonly kind: 'agent'; readonly agent: Agent }
  | { readonly kind: 'pep'; readonly pep: Pep }
  | { readonly kind: 'door'; readonly agent: Agent; readonly delegation?: DelegationParty };

export interface Person {
  readonly id: string;
  /** Normalised: trimmed, NFC, lower case. */
  readonly email: string;
  readonly groups: readonly string[];
}

export interface Credential {
  readonly id: string;
  readonly person: string;
  readonly kind: Assurance;
  /** Unpadded base64url: 32 bytes Ed25519, or a COSE key. */
  readonly public_key: string;
  /** WebAuthn only. */
  readonly webauthn?: {
    readonly id: string;
    readonly counter: number;
    readonly transports: readonly string[];
  };
  readonly created_at: number;
  readonly revoked_at?: number;
}

/** A credential waiting for a signature of its group. */
export interface PendingEnrolment {
  readonly id: string;
  readonly email: string;
  readonly group: string;
  readonly kind: Assurance;
  readonly public_key: string;
  readonly webauthn?: Credential['webauthn'];
  readonly created_at: number;
  readonly expires_at: number;
}

export interface EnrolmentLink {
  readonly secret_hash: string;
  readonly kind: 'first' | 'invitation';
  readonly email?: string;
  readonly group?: string;
  readonly expires_at: number;
}

export interface NewCredential {
  readonly person: string;
  readonly credential: string;
  readonly email: string;
  readonly groups: readonly [string, ...string[]];
  readonly kind: Assurance;
  readonly public_key: string;
  readonly webauthn?: Credential['webauthn'];
  readonly now: number;
}

export type EnrolOutcome =
  | { readonly kind: 'enrolled'; readonly person: string; readonly credential: string }
  | { readonly kind: 'not_first' }
  | { readonly kind: 'key_taken' }
  | { readonly kind: 'link_spent' }
  | { readonly kind: 'gone' };

/**
 * Who may call and who may approve. Each method that writes is one transaction with its log entry, durable
 * when it resolves; a method that finds nothing answers undefined.
 */
export interface PrincipalStore {
  findCaller(keyHash: string): Promise<Caller | undefined>;
  agent(id: string): Promise<Agent | undefined>;
  agentByName(name: string): Promise<Agent | undefined>;
  agents(): Promise<readonly Agent[]>;
  /** Creates the owner's person if the address is new. `taken` when the name is in use. */
  addAgent(agent: {
    readonly id: string;
    readonly name: string;
    readonly owner_email: string;
    readonly new_person_id: string;
    readonly key_hash: string;
    readonly now: number;
  }): Promise<Agent | 'taken'>;
  setAgentStatus(id: string, status: Agent['status']): Promise<Agent | undefined>;
  addPep(pep: Pep & { readonly key_hash: string }): Promise<Pep | 'taken'>;
  revokePep(id: string): Promise<boolean>;

  person(id: string): Promise<Person | undefined>;
  personByEmail(email: string): Promise<Person | undefined>;
  people(): Promise<readonly Person[]>;
  /** People with at least one credential that is not revoked. */
  approverCount(): Promise<number>;
  credential(id: string): Promise<Credential | undefined>;
  credentials(person?: string): Promise<readonly Credential[]>;
  credentialByKey(publicKey: string): Promise<Credential | undefined>;
  credentialByWebauthnId(id: string): Promise<Credential | undefined>;
  /** Never lowers the counter. */
  raiseCounter(credential: string, counter: number): Promise<void>;
  /** INVARIANT: the last live credential stays: without one nobody could ever let another in. */
  revokeCredential(id: string, by: string, now: number): Promise<'revoked' | 'unknown' | 'last'>;
}

/** How credentials come in. As with principals, a method that writes is one transaction with its log entry. */
export interface EnrolmentStore {
  /**
   * Enrols the very first approver: atomically checks that no credential was ever enrolled (and, with
   * `linkHash`, spends that link). INVARIANT: of two concurrent calls at most one enrols.
   */
  enrolFirst(credential: NewCredential, linkHash?: string): Promise<EnrolOutcome>;
  /**
   * Lets a credential in on a signed statement: atomically consumes the pending enrolment and the
   * challenge, refuses a public key that any other credential has, and adds the group membership.
   */
  enrolSigned(
    credential: NewCredential,
    proof: {
      readonly pending: string;
      readonly challenge: string;
      readonly statement: EnrolmentStatement;
      readonly evidence: Evidence;
    },
  ): Promise<EnrolOutcome>;

  putLink(link: EnrolmentLink): Promise<void>;
  /** A link that is neither spent nor late. Looking never spends. */
  findLink(secretHash: string, now: number): Promise<EnrolmentLink | undefined>;
  /** Stores a registered credential as pending and spends the link in one transaction. */
  pendFromLink(linkHash: string, pending: PendingEnrolment): Promise<'pending' | 'link_spent'>;
  putPending(pending: PendingEnrolment): Promise<void>;
  pending(id: string, now: number): Promise<PendingEnrolment | undefined>;
  pendings(now: number): Promise<readonly PendingEnrolment[]>;
  discardPending(id: string): Promise<boolean>;
}

/** Questions that wait for a signature, and the sessions that a signature opened. Neither is in the log. */
export interface SignInStore {
  putChallenge(challenge: Challenge): Promise<void>;
  /** Removes and returns it: of two concurrent calls one gets it. Late ones are gone. */
  takeChallenge(id: string, kind: Challenge['kind'], now: number): Promise<Challenge | undefined>;
  peekChallenge(id: string, kind: Challenge['kind'], now: number): Promise<Challenge | undefined>;

  putSession(session: ConsoleSession): Promise<void>;
  session(tokenHash: string, now: number): Promise<ConsoleSession | undefined>;
  dropSession(tokenHash: string): Promise<void>;
}

/** A question that waits for a signature; `payload` is JSON text that only the authority reads. */
export interface Challenge {
  readonly id: string;
  readonly kind: 'sign_in' | 'register' | 'vote' | 'enrolment';
  readonly payload: string;
  readonly expires_at: number;
}

export interface ConsoleSession {
  readonly token_hash: string;
  readonly person: string;
  readonly credential: string;
  readonly expires_at: number;
}
