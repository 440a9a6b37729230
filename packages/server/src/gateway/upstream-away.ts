/**
 * A message that was not sent, because its server is away: nothing came of it, and it may be sent again. INVARIANT: thrown
 * only where not a byte of the message has left, or where the server said that it was not applied.
 */
export class UpstreamAway extends Error {
  override readonly name: string = 'UpstreamAway';
  /** Seconds. */
  readonly retryAfter: number;

  /** `cause` is what an operator has not been told yet. */
  constructor(why: string, retryAfter: number = RETRY_AFTER_SECONDS, cause?: { readonly cause: unknown }) {
    super(why, cause);
    this.retryAfter = retryAfter;
  }
}

const RETRY_AFTER_SECONDS = 15;
