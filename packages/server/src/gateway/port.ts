import type { JsonObject } from '@countersign/core';

/**
 * The life of a parked call:
 *
 *     waiting <-> taken -> sent -> ended         waiting -> cancelled
 *                           |  ^
 *                           v  |
 *                          asking
 */
export type ParkedState = 'waiting' | 'taken' | 'sent' | 'asking' | 'ended' | 'cancelled';

/** A tool call that waits for consent, or what came of it, for as long as its task may be looked at. */
export interface ParkedCall {
  readonly id: string;
  readonly agent: string;
  readonly upstream: string;
  /** The access request that it waits for; empty for one that needed none. */
  readonly request: string;
  /** The JSON-RPC request as it was parsed and decided on: its `_meta` says of which era it is. */
  readonly message: JsonObject;
  /** The tool's definition when a person was asked about it. */
  readonly tool_digest: string;
  /** How what it would change stood then. */
  readonly world?: JsonObject;
  readonly state: ParkedState;
  /** `{result}` or `{error}` once ended; the server's `input_required` result while asking. */
  readonly answer?: JsonObject;
  /** Milliseconds since the epoch. */
  readonly created_at: number;
  readonly updated_at: number;
  readonly expires_at: number;
}

/** A retry that was announced to a client: what its `requestState` names. */
export interface ExpectedRetry {
  readonly agent: string;
  readonly upstream: string;
  /** The hash of the call, without what only a retry has. */
  readonly call_hash: string;
  readonly request: string;
  /** `inputResponses` and `requestState` of the call itself, which a retry has no room for. */
  readonly kept: JsonObject;
  /** Milliseconds since the epoch. */
  readonly expires_at: number;
}

export type ParkOutcome =
  { readonly kind: 'parked'; readonly call: ParkedCall } | { readonly kind: 'too_many' };

/** Parked calls and announced retries. Each method that writes is one transaction, durable when it resolves. */
export interface ParkedCallStore {
  /**
   * Keeps a call, or answers the identical one of this agent that waits for the same request already; refuses where
   * `most` of this agent's are unfinished.
   */
  park(call: Omit<ParkedCall, 'state' | 'updated_at'>, most: number): Promise<ParkOutcome>;
  /**
   * Keeps a call that is permitted as it is, in the state of one that is sent; refuses as `park` does. The oldest
   * ended ones of this agent beyond `ended` that nobody was asked about are forgotten.
   */
  begin(
    call: Omit<ParkedCall, 'state' | 'updated_at'>,
    most: { readonly unfinished: number; readonly ended: number },
  ): Promise<ParkOutcome>;
  /** Undefined unless it is this agent's and its time is not up. */
  find(id: string, agent: string, now: number): Promise<ParkedCall | undefined>;
  /** This agent's at an upstream after an id, in the order of ids. */
  list(
    of: Pick<ParkedCall, 'agent' | 'upstream'>,
    after: string,
    limit: number,
    now: number,
  ): Promise<readonly ParkedCall[]>;
  /** Those that wait for a request. */
  waitingFor(request: string): Promise<readonly ParkedCall[]>;
  /** Unfinished ones after an id, in the order of ids: for a new process to take up. */
  unfinished(after: string, limit: number): Promise<readonly ParkedCall[]>;
  /**
   * From waiting to taken. INVARIANT: of a cancellation and everybody who would run it exactly one gets true.
   */
  take(id: string, now: number): Promise<boolean>;
  /** From taken to sent, or from asking to sent: false where it is in another state. From here nothing sends it again. */
  send(id: string, from: 'taken' | 'asking', now: number): Promise<boolean>;
  /** From sent to asking. */
  ask(id: string, answer: JsonObject, now: number): Promise<boolean>;
  /** Its end, from any state but an end. */
  end(id: string, answer: JsonObject, now: number, expiresAt: number): Promise<boolean>;
  /** From taken back to waiting, for another request: people are asked again because the world has moved. False where the identical call waits for it already. */
  askAgain(
    id: string,
    request: string,
    world: JsonObject | undefined,
    now: number,
    expiresAt: number,
  ): Promise<boolean>;
  /** From waiting to cancelled; false where it is past that. */
  cancel(id: string, now: number): Promise<boolean>;
  /** Remembers a retry under the hash of its name. */
  expect(hash: string, retry: ExpectedRetry): Promise<void>;
  /** Takes an expected retry, once: undefined where there is none, or where it is late, another's or of another call. */
  spend(
    hash: string,
    of: Pick<ExpectedRetry, 'agent' | 'upstream' | 'call_hash'>,
    now: number,
  ): Promise<ExpectedRetry | undefined>;
  /** Forgets what is past its time. */
  prune(now: number): Promise<void>;
}
