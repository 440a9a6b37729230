import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import type { JsonObject } from '@countersign/core';
import { readEvents } from '../event-reader.ts';
import { messagesOf } from '../event-stream.ts';
import { looseObject } from '../loose-object.ts';
import { Reply } from '../reply.ts';

/** An HTTP answer that stays in this process: what a link would tell its caller, to be read and said in other words. */
export class MemoryResponse extends PassThrough {
  status = 0;
  headers: Readonly<Record<string, string>> = {};
  readonly #more: Record<string, string> = {};
  readonly #head = Promise.withResolvers<void>();

  constructor() {
    super();
    // Who hangs up wants to hear of nothing more.
    this.on('error', () => {});
    this.once('close', () => this.#head.resolve());
  }

  get headersSent(): boolean {
    return this.status !== 0;
  }

  setHeader(name: string, value: string): this {
    this.#more[name] = value;
    return this;
  }

  writeHead(status: number, headers: Readonly<Record<string, string>> = {}): this {
    this.status = status;
    this.headers = { ...this.#more, ...headers };
    this.#head.resolve();
    return this;
  }

  flushHeaders(): void {}

  reply(): Reply {
    return new Reply(this as unknown as ServerResponse, true);
  }

  get session(): string | undefined {
    return this.headers['mcp-session-id'];
  }

  /** All of it, or what there was before it was cut off. */
  async body(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of this) chunks.push(chunk as Buffer);
    } catch {
      // One of the two ends has left.
    }
    return Buffer.concat(chunks);
  }

  /** The JSON-RPC messages of it, as they come; ends early where it was cut off. */
  async *messages(): AsyncGenerator<JsonObject> {
    await this.#head.promise;
    const type = this.headers['content-type'] ?? '';
    try {
      if (!type.startsWith('text/event-stream')) {
        yield* messagesOf(type, await this.body());
        return;
      }
      for await (const { data } of readEvents(this)) {
        const message = looseObject(data);
        if (message !== undefined) yield message;
      }
    } catch {
      // One of the two ends has left; what was said so far was passed on.
    }
  }
}
