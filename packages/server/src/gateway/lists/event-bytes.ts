import { eventsIn } from '../event-reader.ts';

/** Where one event ends and the next begins (HTML Standard §9.2.6). */
const END = String.raw`(?:\r\n|\n|\r(?!\n))`;
const BETWEEN = new RegExp(END + END, 'g');
const LONGEST_END = '\r\n\r\n'.length;
/** What never ends is not collected for ever: it passes as it is. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** Cuts a stream of events between them; put together again they are the same bytes. */
export class EventBytes {
  /** What is not whole, as characters: an event ends at ASCII, and what is in it is read only whole. */
  #parts: string[] = [];
  #length = 0;
  /** The end of that: an end of an event may have begun there. What stands before was looked at. */
  #tail = '';

  /** The events that are whole now. */
  push(chunk: Uint8Array): Buffer[] {
    const text = Buffer.from(chunk).toString('latin1');
    const seen = this.#tail;
    const events: Buffer[] = [];
    let from = 0;
    for (const { 0: end, index } of `${seen}${text}`.matchAll(BETWEEN)) {
      const to = index + end.length - seen.length;
      this.#add(text.slice(from, to));
      events.push(this.rest());
      from = to;
    }
    const left = text.slice(from);
    this.#add(left);
    this.#tail = `${from === 0 ? seen : ''}${left}`.slice(1 - LONGEST_END);
    return this.#length > MAX_EVENT_BYTES ? [...events, this.rest()] : events;
  }

  /** What was not whole. */
  rest(): Buffer {
    const rest = Buffer.from(this.#parts.join(''), 'latin1');
    this.#parts = [];
    this.#length = 0;
    this.#tail = '';
    return rest;
  }

  #add(part: string): void {
    this.#parts.push(part);
    this.#length += part.length;
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
