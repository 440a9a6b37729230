import type { ServerResponse } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { hasRoom } from './admission.ts';

const KEEP_ALIVE_MS = 15_000;

/** The answer to one POST or the stream of one GET: plain JSON, or server-sent events once something must be said early. */
export class Reply {
  readonly #response: ServerResponse;
  /** Whether the caller takes events. */
  readonly mayStream: boolean;
  readonly #headers: Record<string, string> = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse, mayStream: boolean) {
    this.#response = response;
    this.mayStream = mayStream;
  }

  get raw(): ServerResponse {
    return this.#response;
  }

  /** Whether anything has left already: then all that follows must be events. */
  get streaming(): boolean {
    return this.#response.headersSent;
  }

  get closed(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  /** Whether the whole answer was handed over. */
  get done(): boolean {
    return this.#response.writableEnded;
  }

  header(name: string, value: string): void {
    this.#headers[name] = value;
  }

  /** Begins events where the caller takes them; answers whether it does. */
  stream(): boolean {
    if (!this.mayStream || this.closed) return false;
    if (!this.streaming) {
      this.#response.writeHead(200, { ...this.#headers, 'content-type': 'text/event-stream' });
      this.#response.flushHeaders();
      this.#keepAlive = setInterval(() => {
        // It keeps proxies from closing what is silent; what is not read yet is not silent.
        if (this.#response.writableLength === 0) this.#response.write(': waiting\n\n');
      }, KEEP_ALIVE_MS);
      this.#keepAlive.unref();
      this.#response.once('close', () => clearInterval(this.#keepAlive));
    }
    return true;
  }

  /** One message as an event; lost where the caller takes none. */
  event(message: JsonObject | Uint8Array): void {
    if (!this.stream()) return;
    const text = message instanceof Uint8Array ? Buffer.from(message).toString() : JSON.stringify(message);
    // CR and LF alone end a line of an event; U+2028 does not, and may stand in a text.
    const event = `event: message\n${text.replace(/^|(?:\r\n|\r|\n)/g, (end) => `${end}data: `)}\n\n`;
    // Who does not read is cut off: what is left out of a stream unseen is worse, and nothing waits for a reader.
    if (hasRoom(this.#response, event.length)) this.#response.write(event);
    else this.#response.destroy();
  }

  /** The head of an upstream's own answer, at once: who opens a stream waits for it before there are events. */
  begin(status: number, headers: Record<string, string>): void {
    this.#response.writeHead(status, headers);
    if (headers['content-type']?.startsWith('text/event-stream') === true) this.#response.flushHeaders();
  }

  /** Bytes of an upstream's own event stream, as they came; no faster than the caller takes them. */
  async pipe(bytes: Uint8Array): Promise<void> {
    if (this.closed || this.#response.write(bytes)) return;
    await new Promise<void>((ready) => {
      const go = (): void => {
        this.#response.off('drain', go).off('close', go);
        ready();
      };
      this.#response.once('drain', go).once('close', go);
    });
  }

  /** The last message, and the end. `status` counts only where nothing has left yet. */
  finish(message: JsonObject | Uint8Array, status = 200): void {
    if (this.closed) return;
    clearInterval(this.#keepAlive);
    if (this.streaming) {
      this.event(message);
      this.#response.end();
      return;
    }
    const body = message instanceof Uint8Array ? message : Buffer.from(JSON.stringify(message));
    if (!hasRoom(this.#response, body.length)) {
      this.#response.destroy();
      return;
    }
    this.#response.writeHead(status, {
      ...this.#headers,
      'content-type': 'application/json',
      'content-length': body.length,
    });
    this.#response.end(body);
  }

  /** An answer without a body. */
  empty(status: number, headers: Record<string, string> = {}): void {
    if (this.closed || this.streaming) return;
    this.#response.writeHead(status, { ...this.#headers, ...headers, 'content-length': 0 }).end();
  }

  end(): void {
    clearInterval(this.#keepAlive);
    if (!this.#response.writableEnded) this.#response.end();
  }
}
