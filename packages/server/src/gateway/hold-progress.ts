import type { JsonObject } from '@countersign/core';
import { isId, metaOf } from './message.ts';

const EVERY_MS = 10_000;

/** Tells a caller that asked for progress that its call is held; stops when told to. */
export class HoldProgress {
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  begin(params: JsonObject, send: (notification: JsonObject) => void): void {
    const { progressToken } = metaOf(params);
    if (!isId(progressToken) || this.#timer !== undefined) return;
    const tell = (): void => {
      this.#count++;
      send({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken, progress: this.#count, message: 'waiting for the consent of a person' },
      });
    };
    tell();
    this.#timer = setInterval(tell, EVERY_MS);
    this.#timer.unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
