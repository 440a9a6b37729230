import type { JsonObject } from '@countersign/core';
import { eventsIn } from './event-reader.ts';
import { looseObject } from './loose-object.ts';
import type { Reply } from './reply.ts';

/** The JSON-RPC messages of an HTTP answer, plain or as events; read loosely, to route and to look, never to decide on. */
export function messagesOf(contentType: string, body: Buffer): JsonObject[] {
  const isEvents = contentType.startsWith('text/event-stream');
  const texts = isEvents ? eventsIn(body).map(({ data }) => data) : [body.toString()];
  return texts.map((text) => looseObject(text)).filter((message) => message !== undefined);
}

/** The final answer of an HTTP answer: its last message with a result or an error. */
export function lastMessage(contentType: string, body: Buffer): JsonObject | undefined {
  return messagesOf(contentType, body).findLast(
    ({ result, error }) => result !== undefined || error !== undefined,
  );
}

/** An upstream's event stream that we say something on, too: between two of its events, never within one. */
export class SharedStream {
  readonly #reply: Pick<Reply, 'pipe' | 'event'>;
  #tail = '\n\n';
  readonly #waiting: JsonObject[] = [];

  constructor(reply: Pick<Reply, 'pipe' | 'event'>) {
    this.#reply = reply;
  }

  async pipe(chunk: Buffer): Promise<void> {
    this.#tail = (this.#tail + chunk.subarray(-4).toString('latin1')).slice(-4);
    await this.#reply.pipe(chunk);
    if (this.between) for (const message of this.#waiting.splice(0)) this.#reply.event(message);
  }

  say(message: JsonObject): void {
    if (this.between) this.#reply.event(message);
    else this.#waiting.push(message);
  }

  /** Whether no event is begun and not ended. */
  get between(): boolean {
    return /(?:\r\n\r\n|\n\n|\r\r)$/.test(this.#tail);
  }
}
