import type { JsonObject } from '@countersign/core';
import { lastMessage } from './event-stream.ts';

/** How much of a claimed call's answer is kept to see what came of it; what is longer counts as an answer. */
const MAX_LOOKED_AT_BYTES = 8 * 1024 * 1024;

/** The copy of a claimed call's answer. */
export class KeptAnswer {
  readonly #chunks: Buffer[] = [];
  #size = 0;

  push(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size <= MAX_LOOKED_AT_BYTES) this.#chunks.push(chunk);
  }

  /** Undefined where there was more than is kept. */
  bytes(): Buffer | undefined {
    return this.#size > MAX_LOOKED_AT_BYTES ? undefined : Buffer.concat(this.#chunks);
  }
}

/** What was answered, as far as it can be told; undefined where nobody knows whether there will be an answer. */
export function answerOf(status: number, type: string, body: Buffer | undefined): JsonObject | undefined {
  const message = body === undefined ? undefined : lastMessage(type, body);
  if (status >= 400) return { error: message?.['error'] ?? { code: -32603, message: `status ${status}` } };
  // More than is kept was an answer. A server may end its stream and answer on another, to whoever asks for it.
  return body === undefined ? { result: {} } : message;
}
