import type { JsonObject } from '@countersign/core';
import { SharedStream } from '../event-stream.ts';
import { looseObject } from '../loose-object.ts';
import { Reply } from '../reply.ts';
import { dataIn, EventBytes } from './event-bytes.ts';

/** The stream of a client that listens: what its server says on it, as it comes, and between that what we say. */
export class ListeningReply extends Reply {
  readonly #shared = new SharedStream({
    pipe: (bytes) => super.pipe(bytes),
    event: (message) => super.event(message),
  });
  readonly #events = new EventBytes();
  #hear: ((message: JsonObject) => boolean) | undefined;
  #isStream = false;

  /** `hear` is told what the server says until it answers that it has heard enough. */
  constructor(of: Reply, hear?: (message: JsonObject) => boolean) {
    super(of.raw, of.mayStream);
    this.#hear = hear;
  }

  /** Says something of ours; nobody hears it before there is a stream. */
  say(message: JsonObject): void {
    if (this.#isStream && !this.closed) this.#shared.say(message);
  }

  override stream(): boolean {
    const streams = super.stream();
    this.#isStream ||= streams;
    return streams;
  }

  override begin(status: number, headers: Record<string, string>): void {
    this.#isStream = status === 200 && headers['content-type']?.startsWith('text/event-stream') === true;
    super.begin(status, headers);
  }

  override event(message: JsonObject | Uint8Array): void {
    super.event(message);
    if (this.#hear !== undefined) this.#heard(message instanceof Uint8Array ? looseObject(message) : message);
  }

  override async pipe(bytes: Uint8Array): Promise<void> {
    await this.#shared.pipe(Buffer.from(bytes));
    if (this.#hear === undefined) return;
    for (const event of this.#events.push(bytes)) {
      const data = dataIn(event);
      if (data !== undefined) this.#heard(looseObject(data));
    }
  }

  #heard(message: JsonObject | undefined): void {
    if (message !== undefined && this.#hear?.(message) === true) this.#hear = undefined;
  }
}
