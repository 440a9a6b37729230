import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import type { JsonObject } from '@countersign/core';
import { dataIn, EventBytes } from '../lists/event-bytes.ts';
import { Reply } from '../reply.ts';
import { bytesOf } from './message-bytes.ts';

/** What one upstream's door says to us instead of to a caller: message by message, whole and in their order. */
export class PartReply extends Reply {
  readonly #response: SilentResponse;
  readonly #hear: (message: Buffer) => void;
  readonly #listens: boolean;
  readonly #events = new EventBytes();
  #body: Buffer[] = [];
  #type = '';

  /** `listens`: whether it takes what is said before an answer, as a caller does that opens a stream. */
  constructor(hear: (message: Buffer) => void, listens = false) {
    const response = new SilentResponse();
    super(response as unknown as ServerResponse, false);
    this.#response = response;
    this.#hear = hear;
    this.#listens = listens;
  }

  /** Resolves when nothing more will come. */
  get over(): Promise<void> {
    return this.#response.over;
  }

  get status(): number {
    return this.#response.statusCode;
  }

  /** A header that the door or its upstream set. */
  said(name: string): string | undefined {
    return this.#response.headers[name];
  }

  /** The caller has left, or we wait no longer. */
  leave(): void {
    this.#response.destroy();
  }

  override header(name: string, value: string): void {
    this.#response.headers[name] = value;
  }

  override stream(): boolean {
    return this.#listens && !this.closed;
  }

  override event(message: JsonObject | Uint8Array): void {
    if (this.stream()) this.#hear(bytesOf(message));
  }

  override begin(status: number, headers: Record<string, string>): void {
    this.#response.writeHead(status, headers);
    this.#type = headers['content-type'] ?? '';
  }

  override async pipe(bytes: Uint8Array): Promise<void> {
    if (!this.#type.startsWith('text/event-stream')) this.#body.push(Buffer.from(bytes));
    else
      for (const event of this.#events.push(bytes)) {
        const data = dataIn(event);
        if (data !== undefined) this.#hear(data);
      }
  }

  override finish(message: JsonObject | Uint8Array, status = 200): void {
    if (this.closed) return;
    this.#response.writeHead(status, {});
    this.#hear(bytesOf(message));
    this.#response.end();
  }

  override empty(status: number, headers: Record<string, string> = {}): void {
    if (this.closed) return;
    this.#response.writeHead(status, headers).end();
  }

  override end(): void {
    if (this.closed) return;
    if (this.#body.length > 0) this.#hear(Buffer.concat(this.#body));
    this.#body = [];
    this.#response.end();
  }
}

/** What of a `ServerResponse` a door looks at, with nobody at its other end. */
class SilentResponse extends Writable {
  readonly headers: Record<string, string> = {};
  readonly over: Promise<void>;
  statusCode = 0;
  headersSent = false;
  constructor() {
    super();
    this.over = new Promise((closed) => this.once('close', closed));
  }

  setHeader(name: string, value: string): this {
    this.headers[name.toLowerCase()] = value;
    return this;
  }

  writeHead(status: number, headers: Record<string, string | number> = {}): this {
    this.statusCode = status;
    this.headersSent = true;
    for (const [name, value] of Object.entries(headers)) this.setHeader(name, String(value));
    return this;
  }

  flushHeaders(): void {
    this.headersSent = true;
  }

  /** What a door writes past its reply, such as a refusal, has nobody to hear it. */
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}
