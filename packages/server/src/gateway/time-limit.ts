import type { JsonObject } from '@countersign/core';

/** What goes on for as long as somebody listens, or as what it waits for takes. MCP 2025-11-25 §"Result Retrieval": "MUST block". */
const UNLIMITED: ReadonlySet<string> = new Set(['subscriptions/listen', 'tasks/result']);

/**
 * How long an upstream has for a request of an agent's. What it tells meanwhile gives it no more time: a sender "SHOULD always
 * enforce a maximum timeout, regardless of progress notifications" (MCP 2025-11-25 and 2026-07-28 §"Timeouts").
 */
export class TimeLimit {
  readonly #ms: number;
  readonly #complain: (text: string) => void;

  constructor(ms: number, complain: (text: string) => void) {
    this.#ms = ms;
    this.#complain = complain;
  }

  /** Calls `late` where it has taken so long. Answers what to call when it has ended. */
  begin(method: string, late: () => void): () => void {
    if (UNLIMITED.has(method)) return () => {};
    const timer = setTimeout(() => {
      this.#complain(`the mcp server took longer than ${this.#ms / 1000} s for ${method}: it was cancelled`);
      late();
    }, this.#ms).unref();
    return () => clearTimeout(timer);
  }
}

/** What a server is told of a request that was given up. */
export const TOOK_TOO_LONG: JsonObject = { reason: 'it took too long' };

/** Whether a client may cancel it: MCP 2025-11-25 §"Cancellation", "The `initialize` request MUST NOT be cancelled". */
export function mayBeCancelled(method: string): boolean {
  return method !== 'initialize';
}
