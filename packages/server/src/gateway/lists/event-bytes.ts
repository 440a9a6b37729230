import { eventsIn } from '../event-reader.ts';

/** Where one event ends and the next begins (HTML Standard §9.2.6). */
const END = String.raw`(?:\r\n|\n|\r(?!\n))`;
const BETWEEN = new RegExp(END + END, 'g');
/** What never ends is not collected for ever: it passes as it is. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** Cuts a stream of events between them; put together again they are the same bytes. */
export class EventBytes {
  /** Bytes as characters: an event ends at ASCII, and what is in it is read only whole. */
  #rest = '';

  /** The events that are whole now. */
  push(chunk: Uint8Array): Buffer[] {
    this.#rest += Buffer.from(chunk).toString('latin1');
    const events: Buffer[] = [];
    let from = 0;
    for (const { 0: end, index } of this.#rest.matchAll(BETWEEN)) {
      events.push(Buffer.from(this.#rest.slice(from, index + end.length), 'latin1'));
      from = index + end.length;
    }
    this.#rest = this.#rest.slice(from);
    return this.#rest.length > MAX_EVENT_BYTES ? [...events, this.rest()] : events;
  }

  /** What was not whole. */
  rest(): Buffer {
    const rest = Buffer.from(this.#rest, 'latin1');
    this.#rest = '';
    return rest;
  }
}

/** What an event says; undefined where it says nothing. */
export function dataIn(event: Buffer): Buffer | undefined {
  const data = eventsIn(event)[0]?.data ?? '';
  return data === '' ? undefined : Buffer.from(data);
}

/** The same event, saying something else. */
export function withData(event: Buffer, data: Buffer): Buffer {
  const others = event
    .toString()
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '' && !/^data(?::|$)/.test(line));
  const lines = data
    .toString()
    .split(/\r\n|\n|\r/)
    .map((line) => `data: ${line}`);
  return Buffer.from(`${[...others, ...lines].join('\n')}\n\n`);
}
