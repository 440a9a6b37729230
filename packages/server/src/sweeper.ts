import { DOOR_PREFIX } from './decision/acting-agent.ts';
import type { AuthorityParts } from './parts.ts';

const EVERY_MS = 1000;

/**
 * Ends what time has ended: pending requests, leases of claims. Nothing relies on it for safety (every use
 * compares the clock itself); it is what tells people and closes the record.
 */
export class Sweeper {
  readonly #parts: AuthorityParts;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: AuthorityParts, failed: (error: unknown) => void) {
    this.#parts = parts;
    this.#failed = failed;
  }

  /** First closes what the previous process left open: its own doors' claims end as `outcome-unknown`. */
  async start(): Promise<void> {
    await this.#parts.approvals.endLeases(this.#parts.clock(), DOOR_PREFIX);
    await this.sweep();
    this.#timer = setInterval(() => {
      this.#running = this.sweep().catch(this.#failed);
    }, EVERY_MS);
    this.#timer.unref();
  }

  async sweep(): Promise<void> {
    const now = this.#parts.clock();
    for (const id of await this.#parts.requests.expireDue(now)) {
      this.#parts.events.tell({ kind: 'request', id, status: 'expired' });
    }
    await this.#parts.approvals.endLeases(now);
    await this.#parts.requests.prune(now);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
