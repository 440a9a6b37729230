import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from '../claim.ts';

/** A permitted call that runs while its caller looks elsewhere. */
export interface Running {
  /** Sends it, once; the claim has heard of the answer then. */
  readonly exchange: () => Promise<JsonObject | undefined>;
  readonly claim: RunningClaim | undefined;
  /** How long its requestor wishes that its task is kept. */
  readonly ttlMs: number;
}
