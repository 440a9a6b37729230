/** A server-sent event as it came; `data` is empty where it only names a place in the stream. */
export interface ServerEvent {
  /** Undefined for `message`, which most are. */
  readonly type?: string;
  readonly id?: string;
  readonly data: string;
  /** How long to wait before the stream is taken up again, in milliseconds. */
  readonly retry?: number;
}

/** More than any message that a gateway passes on; what never ends is not collected for ever. */
const MAX_EVENT_CHARACTERS = 64 * 1024 * 1024;

/** The events of a stream as they come (HTML Standard §9.2.6). An event that is cut off at the end is none. */
export async function* readEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  // A byte order mark at the start is skipped by the decoder itself.
  const decoder = new TextDecoder();
  const events = new EventLines();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > MAX_EVENT_CHARACTERS) throw new RangeError('an event is too long');
    // A CR at the very end may be the first half of CRLF: it waits for what follows.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* events.take(lines);
  }
}

/** The events of a whole body. One that is cut off at the end counts: what it says was said. */
export function eventsIn(body: Uint8Array): ServerEvent[] {
  return [...new EventLines().take(`${new TextDecoder().decode(body)}\n\n`.split(/\r\n|\n|\r/))];
}

/** Lines to events. */
class EventLines {
  #data: string[] = [];
  #type = '';
  #id: string | undefined;
  #retry: number | undefined;

  *take(lines: readonly string[]): Generator<ServerEvent> {
    for (const line of lines) {
      if (line !== '') {
        this.#add(line);
        continue;
      }
      const event = this.#event();
      if (event !== undefined) yield event;
    }
  }

  #add(line: string): void {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.#retry = Number(value);
  }

  #event(): ServerEvent | undefined {
    const data = this.#data.join('\n');
    const event: ServerEvent = {
      data,
      ...(this.#type === '' || this.#type === 'message' || data === '' ? {} : { type: this.#type }),
      ...(this.#id === undefined ? {} : { id: this.#id }),
      ...(this.#retry === undefined ? {} : { retry: this.#retry }),
    };
    this.#data = [];
    this.#type = '';
    this.#id = undefined;
    this.#retry = undefined;
    return data === '' && Object.keys(event).length === 1 ? undefined : event;
  }
}
