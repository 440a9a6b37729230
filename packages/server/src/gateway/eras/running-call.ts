import type { JsonObject } from '@countersign/core';
import type { PeerExchange } from './peer.ts';

/** A call over as many exchanges as it takes, which may be cancelled in each. */
export class RunningCall {
  readonly #abort = new AbortController();
  #exchange: PeerExchange | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Its answer; none where the call was cancelled. */
  async exchange(begin: () => PeerExchange): Promise<JsonObject | undefined> {
    if (this.#abort.signal.aborted) return undefined;
    const exchange = begin();
    this.#exchange = exchange;
    const answer = await exchange.answer;
    return this.#abort.signal.aborted ? undefined : answer;
  }

  cancel(params: JsonObject): void {
    this.#abort.abort();
    this.#exchange?.cancel(params);
  }
}
