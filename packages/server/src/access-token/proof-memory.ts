/** More than a process can check in the time that they are kept; beyond it nothing is taken, since nothing could be told from a replay. */
const MAX_KEPT = 250_000;

/**
 * The proofs that were taken lately. RFC 9449 §11.1. In memory, because a proof is good for two minutes and a durable
 * write for each would cost more than the call: a proof of before this process began is refused instead.
 */
export class ProofMemory {
  /** When each may be forgotten; kept equally long, so they are in that order. */
  readonly #kept = new Map<string, number>();
  readonly #keptMs: number;
  readonly #most: number;

  constructor(keptMs: number, most: number = MAX_KEPT) {
    this.#keptMs = keptMs;
    this.#most = most;
  }

  /** Takes a proof once. INVARIANT: of any number of concurrent calls with one name, one gets `taken`. */
  take(name: string, now: number): 'taken' | 'replayed' | 'full' {
    for (const [oldest, until] of this.#kept) {
      if (until > now) break;
      this.#kept.delete(oldest);
    }
    if (this.#kept.has(name)) return 'replayed';
    if (this.#kept.size >= this.#most) return 'full';
    this.#kept.set(name, now + this.#keptMs);
    return 'taken';
  }
}
