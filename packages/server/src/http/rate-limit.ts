import { ConsentError, TokenBucket } from '@countersign/core';
import type { Clock } from '../parts.ts';

export const PER_MINUTE = 60;
const RATE = { burst: PER_MINUTE, perSecond: PER_MINUTE / 60 };

/** A bucket for each kind of call that anybody may make: memory does not grow with who calls. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #buckets: Readonly<Record<'enrolment' | 'sign-in', TokenBucket>>;

  constructor(clock: Clock) {
    this.#clock = clock;
    const now = clock();
    this.#buckets = { enrolment: new TokenBucket(RATE, now), 'sign-in': new TokenBucket(RATE, now) };
  }

  /** Throws `too_many_attempts` when this minute's calls are used up. */
  take(kind: 'enrolment' | 'sign-in'): void {
    if (this.#buckets[kind].take(this.#clock()) > 0)
      throw new ConsentError('too_many_attempts', 'too many attempts: wait a minute');
  }
}
