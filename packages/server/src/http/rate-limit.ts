import { ConsentError } from '@countersign/core';
import type { Clock } from '../parts.ts';

const PER_MINUTE = 60;

/** A bucket for each kind of call that anybody may make: memory does not grow with who calls. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `too_many_attempts` when this minute's calls are used up. */
  take(kind: 'enrolment' | 'sign-in'): void {
    const now = this.#clock();
    const bucket = this.#buckets.get(kind) ?? { tokens: PER_MINUTE, at: now };
    bucket.tokens = Math.min(PER_MINUTE, bucket.tokens + ((now - bucket.at) / 60_000) * PER_MINUTE);
    bucket.at = now;
    this.#buckets.set(kind, bucket);
    if (bucket.tokens < 1) throw new ConsentError('too_many_attempts', 'too many attempts: wait a minute');
    bucket.tokens -= 1;
  }
}
