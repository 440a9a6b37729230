import type { RequestStatus } from '@countersign/core';

/** Where a credential wants to hear how its request ended. ARAP §"Callback Completion". */
export interface Callback {
  readonly request: string;
  readonly credential: string;
  readonly endpoint: string;
  /** Given back as it was. */
  readonly state?: string;
  /** How it may end for anybody to be told; absent for any. */
  readonly events?: readonly string[];
}

/** A callback whose request has ended and that was not delivered yet. */
export interface DueCallback extends Callback {
  readonly status: RequestStatus;
  readonly ended_at: number;
  readonly attempts: number;
}

/** Callbacks are kept by `AccessRequestStore.file`, in its transaction; here they are delivered. */
export interface CallbackStore {
  /** Those to be tried by `now`, the longest waiting first. */
  due(now: number, limit: number): Promise<readonly DueCallback[]>;
  /** Never to be tried again: it was delivered, or it is too late. */
  settle(callback: Callback): Promise<void>;
  /** To be tried again at `at`, in milliseconds since the epoch. */
  postpone(callback: Callback, at: number): Promise<void>;
}
