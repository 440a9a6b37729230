import { UpstreamAway } from './upstream-away.ts';

const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** What lived so long has not died of its start. */
const LONG_LIFE_MS = 60_000;

/**
 * How long a server rests that keeps ending, before it is started again: twice as long each time, until one lives. Who
 * calls meanwhile is told when to come back, and waits for nothing.
 */
export class RestartPause {
  readonly #clock: () => number;
  #restMs = 0;
  #endedAt: number = -Infinity;

  /** `clock` in milliseconds; it must not jump. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Milliseconds until it may be started; 0 when it may. */
  get leftMs(): number {
    return Math.max(0, this.#endedAt + this.#restMs - this.#clock());
  }

  /** Throws `UpstreamAway` while it rests; else answers the moment of the start, for `ended`. */
  start(): number {
    const { leftMs } = this;
    if (leftMs > 0)
      throw new UpstreamAway('it keeps ending and is taken up again later', Math.ceil(leftMs / 1000));
    return this.#clock();
  }

  /** One that was started then has ended by itself. Answers for how long none is started, in milliseconds. */
  ended(startedAt: number): number {
    const now = this.#clock();
    // One that was started before the latest end says nothing that the latest end has not said.
    if (startedAt < this.#endedAt) return this.leftMs;
    const livedLong = now - startedAt >= LONG_LIFE_MS;
    this.#restMs = livedLong ? 0 : Math.min(LONGEST_MS, this.#restMs * 2 || FIRST_MS);
    this.#endedAt = now;
    return this.#restMs;
  }
}
