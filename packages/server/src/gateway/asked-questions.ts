import { dataIn, EventBytes } from './lists/event-bytes.ts';
import { looseObject } from './loose-object.ts';
import { isId, type MessageId } from './message.ts';

/** Of more, the oldest can be answered no more. */
const MAX_ASKED = 10_000;

/**
 * What a server without sessions asked, and whom. INVARIANT: a question is answered once, and by whoever it was put to: such a
 * server knows its questions by their ids alone, and they are easy to guess.
 */
export class AskedQuestions {
  readonly #asked = new Set<string>();

  /** Takes up what is asked on a stream to this caller, as its bytes pass. */
  heardBy(caller: string): (chunk: Uint8Array) => void {
    const events = new EventBytes();
    return (chunk) => {
      for (const event of events.push(chunk)) {
        const data = dataIn(event);
        const { id, method } = (data && looseObject(data)) ?? {};
        if (isId(id) && typeof method === 'string') this.#add(keyOf(caller, id));
      }
    };
  }

  /** Whether this caller was asked that, and has not answered. */
  take(caller: string, id: MessageId): boolean {
    return this.#asked.delete(keyOf(caller, id));
  }

  #add(key: string): void {
    const [oldest] = this.#asked;
    if (this.#asked.size >= MAX_ASKED && oldest !== undefined) this.#asked.delete(oldest);
    this.#asked.add(key);
  }
}

function keyOf(caller: string, id: MessageId): string {
  return JSON.stringify([caller, id]);
}
