import type { ConsentPort, JsonObject } from '@countersign/core';
import type { McpRequest } from './conversation.ts';
import { agreesToTellOfTools, declaresToolChanges, toolsChanged } from './lists/tools-changed.ts';
import { looseObject } from './loose-object.ts';
import type { MessageId } from './message.ts';
import { pause } from './pause.ts';

/** How long the authority holds its answer. */
const HELD_MS = 60_000;
/** How soon one that does not answer is asked again; then twice as long, up to the most. */
const AGAIN_MS = 5000;
/** How soon after a change the next one is told. */
const BETWEEN_MS = 1000;
const MAX_AGAIN_MS = 5 * 60_000;

export interface StdioChangesOptions {
  readonly port: Pick<ConsentPort, 'foresight'>;
  readonly write: (message: JsonObject) => void;
  /** The door ends. */
  readonly signal: AbortSignal;
}

/**
 * Tells the client of a stdio door that its tools may be others now, where its server said that it would tell. The authority
 * is elsewhere and tells nobody here: it is asked once there is somebody to tell, and holds its answer until something changed.
 */
export class StdioChanges {
  readonly #options: StdioChangesOptions;
  #session = false;
  readonly #subscriptions = new Set<MessageId>();
  #watching = false;

  constructor(options: StdioChangesOptions) {
    this.#options = options;
  }

  /** The answer to `initialize`. */
  introduced(answer: Buffer): void {
    this.#session = declaresToolChanges(looseObject(answer) ?? {}) === true;
    if (this.#session) this.#watch();
  }

  /** What is said on a request's own behalf before its answer. */
  heard({ id, method }: McpRequest, message: JsonObject): void {
    if (method !== 'subscriptions/listen' || agreesToTellOfTools(message) !== true) return;
    this.#subscriptions.add(id);
    this.#watch();
  }

  /** A request has its answer, or was cancelled. */
  ended(id: MessageId): void {
    this.#subscriptions.delete(id);
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    void this.#changes();
  }

  async #changes(): Promise<void> {
    const { port, signal } = this.#options;
    if (port.foresight === undefined) return;
    let known: string | undefined;
    let again = AGAIN_MS;
    while (!signal.aborted) {
      try {
        const timeoutMs = known === undefined ? 0 : HELD_MS;
        const version = await port.foresight({ unlike: known, timeoutMs, signal });
        const changed = known !== undefined && version !== known;
        known = version;
        again = AGAIN_MS;
        if (!changed) continue;
        this.#tell();
        // What changes so soon after another change is told with the next.
        await pause(BETWEEN_MS, signal);
      } catch {
        // One that is away says so to the next call; what changed meanwhile is told when it is back.
        await pause(again, signal);
        again = Math.min(2 * again, MAX_AGAIN_MS);
      }
    }
  }

  #tell(): void {
    if (this.#options.signal.aborted) return;
    if (this.#session) this.#options.write(toolsChanged());
    for (const id of this.#subscriptions) this.#options.write(toolsChanged(id));
  }
}
