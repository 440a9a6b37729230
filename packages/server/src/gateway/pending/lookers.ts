import { isFinal, type ConsentPort, type JsonObject, type Task } from '@countersign/core';
import { elicitationComplete } from './wire.ts';

/** An expired request is ended a moment after its time is up; that end is told too. */
const ENDED_WITHIN_MS = 10_000;

/**
 * Sessions of MCP 2025-11-25 whose clients were sent to look at a page: each is told once when there is nothing more to
 * see, however often it was sent there. §"URL Mode Elicitation", "Completion Notifications".
 */
export class Lookers {
  readonly #looking = new Set<string>();
  readonly #until: AbortSignal;

  /** `until` ends the waiting: whoever could be told leaves then. */
  constructor(until: AbortSignal) {
    this.#until = until;
  }

  /** Waits for the end of the request that the session's client looks at, no longer than anybody can answer it. */
  sent(
    session: string,
    port: ConsentPort,
    { id, expires_at }: Task,
    tell: (message: JsonObject) => void,
  ): void {
    const key = `${session} ${id}`;
    if (this.#looking.has(key)) return;
    this.#looking.add(key);
    const timeoutMs = Math.max(0, Date.parse(expires_at) - Date.now()) + ENDED_WITHIN_MS;
    port
      .wait(id, { timeoutMs, signal: this.#until })
      .then(
        ({ status }) => void (isFinal(status) && tell(elicitationComplete(id))),
        () => {}, // Nobody can be told how it ended; its page still says so.
      )
      .finally(() => this.#looking.delete(key));
  }
}
