import { randomBytes } from 'node:crypto';
import type { McpRequest } from '../conversation.ts';
import { makesRoom } from '../make-room.ts';
import { callHash } from '../pending/call-itself.ts';
import type { HeldCall } from './held-call.ts';

/** As long as a claim is kept for a retry; who does not answer in this time has given the call up. */
const HELD_MS = 10 * 60_000;
const MAX_HELD = 1000;
const MAX_PER_AGENT = 64;
/** Tells a state of ours from an upstream's own and from those of our consent. */
const PREFIX = 'held.';
const STATE_BYTES = 32;

interface Kept {
  readonly agent: string;
  readonly call_hash: string;
  readonly call: HeldCall;
  readonly timer: NodeJS.Timeout;
}

/**
 * Calls of the newer era that are under way at a server of the older one which has asked their client for something. Each
 * `requestState` is a random name for one, taken once, by the same agent with the same call. They end with the process.
 */
export class HeldCalls {
  readonly #kept = new Map<string, Kept>();

  /** Names a call whose client is asked; what is kept too long or too much of is given up. */
  keep(agent: string, request: McpRequest, call: HeldCall): string {
    const room = { ofAgent: MAX_PER_AGENT, ofAll: MAX_HELD };
    const oldest = makesRoom(this.#kept, (kept) => kept.agent, agent, room);
    if (oldest !== undefined) void this.#drop(oldest);
    const state = PREFIX + randomBytes(STATE_BYTES).toString('base64url');
    const timer = setTimeout(() => void this.#drop(state), HELD_MS);
    timer.unref();
    this.#kept.set(state, { agent, call_hash: callHash(request), call, timer });
    return state;
  }

  /** Undefined for a call that is no retry of ours; `spent` for one whose state is unknown, late, used, another's or of another call. */
  take(agent: string, request: McpRequest): HeldCall | 'spent' | undefined {
    const state = request.params['requestState'];
    if (typeof state !== 'string' || !state.startsWith(PREFIX)) return undefined;
    const kept = this.#kept.get(state);
    if (kept?.agent !== agent || kept.call_hash !== callHash(request)) return 'spent';
    clearTimeout(kept.timer);
    this.#kept.delete(state);
    return kept.call;
  }

  /** Resolves when their claims are reported. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((state) => this.#drop(state)));
  }

  async #drop(state: string): Promise<void> {
    const kept = this.#kept.get(state);
    if (kept === undefined) return;
    clearTimeout(kept.timer);
    this.#kept.delete(state);
    await kept.call.giveUp();
  }
}
