import { canonicalHash, type JsonObject } from '@countersign/core';
import type { RunningClaim } from '../claim.ts';
import { callItself } from './call-itself.ts';

/** Who does not answer in this time leaves it unknown what became of the call. */
const KEPT_MS = 10 * 60_000;
const MAX_KEPT = 1000;

/** What a call and its retry have in common. */
export interface Asked {
  readonly agent: string;
  readonly upstream: string;
  readonly tool_digest: string | undefined;
  readonly method: string;
  readonly params: JsonObject;
}

/**
 * Claims of calls to which a server answered that it needs more from the client. INVARIANT: each such answer is
 * continued once, by the same agent with the same call; a second retry, whatever it answers, needs consent of its own.
 * They end with the process, as its claims do.
 */
export class Continuations {
  readonly #kept = new Map<string, { readonly claim: RunningClaim; readonly timer: NodeJS.Timeout }>();

  /** Keeps the claim until the retry that answers `result`. */
  keep(claim: RunningClaim, asked: Asked, result: JsonObject): void {
    const key = keyOf(asked, result['requestState']);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#drop(oldest);
    this.#drop(key);
    const timer = setTimeout(() => this.#drop(key), KEPT_MS);
    timer.unref();
    this.#kept.set(key, { claim, timer });
  }

  /** The claim that this call goes on with, once. */
  take(call: Asked): RunningClaim | undefined {
    const { inputResponses, requestState } = call.params;
    if (inputResponses === undefined && requestState === undefined) return undefined;
    const key = keyOf(call, requestState);
    const kept = this.#kept.get(key);
    clearTimeout(kept?.timer);
    this.#kept.delete(key);
    return kept?.claim;
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    clearTimeout(kept.timer);
    this.#kept.delete(key);
    void kept.claim.settle('outcome-unknown');
  }
}

/** One text for a call, and what a retry of it answers to. */
export function keyOf(
  { agent, upstream, tool_digest, method, params }: Asked,
  state?: JsonObject[string],
): string {
  return canonicalHash({
    agent,
    upstream,
    tool_digest: tool_digest ?? null,
    method,
    params: callItself(params),
    state: state ?? null,
  });
}
