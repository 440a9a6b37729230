import type { JsonObject } from '@countersign/core';
import { dataIn, EventBytes, withData } from '../lists/event-bytes.ts';
import { Reply } from '../reply.ts';
import { SESSION } from '../upstream.ts';

/** How what an upstream says becomes what the aggregate's client hears. */
export interface Changes {
  /** A message, event by event as they come. */
  readonly message: (message: Buffer) => Buffer;
  /** Whether a plain answer is changed too: then it is held until it is whole. */
  readonly answers: boolean;
  /** A place in the upstream's stream, by which a client may take it up again. */
  readonly place: (id: string) => string;
  /** What is said where the upstream knows its session no more: a client would think that of ours. */
  readonly lost?: () => JsonObject;
}

/** The answer of one upstream to a caller of the aggregate: it streams as it streamed, and what is not ours to change stays. */
export class MappedReply extends Reply {
  readonly #changes: Changes;
  readonly #events = new EventBytes();
  #body: Buffer[] = [];
  #isEvents = false;
  #instead: JsonObject | undefined;

  constructor(of: Reply, changes: Changes) {
    super(of.raw, of.mayStream);
    this.#changes = changes;
  }

  /** An upstream's session is known here, and to no client: it would take it for its own. */
  override header(name: string, value: string): void {
    if (name !== SESSION) super.header(name, value);
  }

  override event(message: JsonObject | Uint8Array): void {
    super.event(this.#changes.message(bytesOf(message)));
  }

  override finish(message: JsonObject | Uint8Array, status = 200): void {
    if (this.closed) return;
    const { lost } = this.#changes;
    if (status === 404 && lost !== undefined && !this.streaming) return super.finish(lost());
    if (!this.streaming) return super.finish(this.#changes.message(bytesOf(message)), status);
    this.event(message);
    this.end();
  }

  override begin(status: number, headers: Record<string, string>): void {
    if (status === 404 && this.#changes.lost !== undefined) {
      this.#instead = this.#changes.lost();
      return;
    }
    this.#isEvents = headers['content-type']?.startsWith('text/event-stream') === true;
    const { 'content-length': length, [SESSION]: _theirs, ...rest } = headers;
    const whole = length === undefined || this.#holds ? {} : { 'content-length': length };
    super.begin(status, { ...rest, ...whole });
  }

  override async pipe(bytes: Uint8Array): Promise<void> {
    if (this.#instead !== undefined) return;
    if (this.#isEvents) for (const event of this.#events.push(bytes)) await super.pipe(this.#event(event));
    else if (this.#holds) this.#body.push(Buffer.from(bytes));
    else await super.pipe(bytes);
  }

  override end(): void {
    if (this.#instead !== undefined) return super.finish(this.#instead);
    const rest = this.#isEvents ? this.#events.rest() : Buffer.concat(this.#body);
    this.#body = [];
    if (rest.length > 0 && !this.closed) this.raw.write(this.#isEvents ? rest : this.#changes.message(rest));
    super.end();
  }

  get #holds(): boolean {
    return this.#changes.answers && !this.#isEvents;
  }

  #event(event: Buffer): Buffer {
    const placed = event.includes('id:')
      ? Buffer.from(
          event
            .toString()
            .replaceAll(/^id: ?(.*)$/gm, (_line, id: string) => `id: ${this.#changes.place(id)}`),
        )
      : event;
    const before = dataIn(placed);
    if (before === undefined) return placed;
    const after = this.#changes.message(before);
    return after.equals(before) ? placed : withData(placed, after);
  }
}

function bytesOf(message: JsonObject | Uint8Array): Buffer {
  return message instanceof Uint8Array ? Buffer.from(message) : Buffer.from(JSON.stringify(message));
}
