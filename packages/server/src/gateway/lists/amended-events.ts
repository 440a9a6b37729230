import { readAnswer } from '../body.ts';
import { dataIn, EventBytes, withData } from './event-bytes.ts';

/** The events of a stream as they come, byte for byte, but for the data of those that `amend` changes. */
export async function* amendedEvents(
  stream: AsyncIterable<Uint8Array>,
  amend: (data: Buffer) => Promise<Buffer>,
): AsyncGenerator<Buffer> {
  const bytes = new EventBytes();
  for await (const chunk of stream) {
    for (const event of bytes.push(chunk)) {
      const before = dataIn(event);
      const after = before === undefined ? undefined : await amend(before);
      yield before === undefined || after === undefined || after.equals(before)
        ? event
        : withData(event, after);
    }
  }
  const rest = bytes.rest();
  if (rest.length > 0) yield rest;
}

/** The same of an answer of either kind: a plain one is one message, read whole. */
export function amendedBody(
  type: string,
  body: AsyncIterable<Uint8Array>,
  amend: (data: Buffer) => Promise<Buffer>,
): AsyncIterable<Uint8Array> {
  if (type.startsWith('text/event-stream')) return amendedEvents(body, amend);
  return (async function* () {
    yield await amend(await readAnswer(body));
  })();
}
