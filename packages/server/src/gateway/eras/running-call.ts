import type { JsonObject } from '@countersign/core';
import type { PeerExchange } from './peer.ts';

/** How long a server has to say what became of a call that was cancelled. */
const LAST_WORD_MS = 30_000;

/** A call over as many exchanges as it takes, which may be cancelled in each. */
export class RunningCall {
  readonly #abort = new AbortController();
  #exchange: PeerExchange | undefined;
  #given: (() => void) | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Its answer; none where the call was cancelled, which nobody waits for: over stdio there need be none for long. */
  async exchange(begin: () => PeerExchange): Promise<JsonObject | undefined> {
    if (this.#abort.signal.aborted) return undefined;
    const exchange = begin();
    this.#exchange = exchange;
    const { promise: given, resolve } = Promise.withResolvers<undefined>();
    this.#given = () => resolve(undefined);
    const answer = await Promise.race([exchange.answer, given]);
    return this.#abort.signal.aborted ? undefined : answer;
  }

  /**
   * Its answer, even where the call is cancelled meanwhile: it names the task that is to be cancelled instead. Only a server
   * that says nothing is told of it by the request.
   */
  async whole(begin: () => PeerExchange): Promise<JsonObject | undefined> {
    const { signal } = this.#abort;
    if (signal.aborted) return undefined;
    const { answer, cancel } = begin();
    let timer: NodeJS.Timeout | undefined;
    const late = (): void => {
      timer = setTimeout(() => cancel({ reason: 'no answer' }), LAST_WORD_MS).unref();
    };
    signal.addEventListener('abort', late, { once: true });
    try {
      return await answer;
    } finally {
      signal.removeEventListener('abort', late);
      clearTimeout(timer);
    }
  }

  cancel(params: JsonObject): void {
    this.#abort.abort();
    this.#exchange?.cancel(params);
    this.#given?.();
  }
}
