import type { JsonObject } from '@countersign/core';
import { MAX_ANSWER_BYTES } from '../body.ts';
import { dataIn, EventBytes, withData } from '../lists/event-bytes.ts';
import { Reply } from '../reply.ts';
import { SESSION } from '../upstream.ts';
import { bytesOf } from './message-bytes.ts';

/** How what an upstream says becomes what the aggregate's client hears. */
export interface Changes {
  /** A message, event by event as they come, or a plain answer, whole. Undefined for what its client is not told. */
  readonly message: (message: Buffer) => Buffer | undefined;
  /** What is said where the plain answer is none that its client is told. */
  readonly unanswered: () => JsonObject;
  /** A place in the upstream's stream, by which a client may take it up again. */
  readonly place: (id: string) => string;
  /** What is said where the upstream knows its session no more: a client would think that of ours. */
  readonly lost?: () => JsonObject;
}

/** The answer of one upstream to a caller of the aggregate: it streams as it streamed, and what is not ours to change stays. */
export class MappedReply extends Reply {
  readonly #changes: Changes;
  readonly #events = new EventBytes();
  /** A plain answer: nothing of it leaves before it is whole. */
  #plain: Plain | undefined;
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
    const told = this.#changes.message(bytesOf(message));
    if (told !== undefined) super.event(told);
  }

  override finish(message: JsonObject | Uint8Array, status = 200): void {
    if (this.closed) return;
    this.#plain = undefined;
    const { lost } = this.#changes;
    if (status === 404 && lost !== undefined && !this.streaming) return super.finish(lost());
    const told = this.#changes.message(bytesOf(message)) ?? this.#changes.unanswered();
    if (!this.streaming) return super.finish(told, status);
    super.event(told);
    this.end();
  }

  override begin(status: number, headers: Record<string, string>): void {
    if (status === 404 && this.#changes.lost !== undefined) {
      this.#instead = this.#changes.lost();
      return;
    }
    const { 'content-length': _length, [SESSION]: _theirs, ...rest } = headers;
    if (headers['content-type']?.startsWith('text/event-stream') === true) super.begin(status, rest);
    else this.#plain = { status, headers: rest, chunks: [], length: 0 };
  }

  override async pipe(bytes: Uint8Array): Promise<void> {
    if (this.#instead !== undefined) return;
    if (this.#plain === undefined) {
      for (const event of this.#events.push(bytes)) await super.pipe(this.#event(event));
      return;
    }
    this.#plain.chunks.push(Buffer.from(bytes));
    this.#plain.length += bytes.length;
    if (this.#plain.length > MAX_ANSWER_BYTES) throw new RangeError('an answer is too long');
  }

  override end(): void {
    if (this.#instead !== undefined) return super.finish(this.#instead);
    if (this.#plain !== undefined && !this.closed) return this.#tell(this.#plain);
    const rest = this.#events.rest();
    if (rest.length > 0 && !this.closed) this.raw.write(this.#event(rest));
    super.end();
  }

  #tell({ status, headers, chunks }: Plain): void {
    this.#plain = undefined;
    const body = Buffer.concat(chunks);
    // Some clients look for these anywhere in the type. What has neither, such as nothing at all, is no message to any.
    const isMessage = /json|event-stream/i.test(headers['content-type'] ?? '');
    const told = isMessage ? this.#changes.message(body) : body;
    if (told === undefined) return super.finish(this.#changes.unanswered());
    super.begin(status, { ...headers, 'content-length': String(told.length) });
    this.raw.write(told);
    super.end();
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
    if (after === undefined) return NOTHING;
    return after.equals(before) ? placed : withData(placed, after);
  }
}

/** The head of a plain answer, and what is there of its body. */
interface Plain {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly chunks: Buffer[];
  length: number;
}

const NOTHING = Buffer.alloc(0);
