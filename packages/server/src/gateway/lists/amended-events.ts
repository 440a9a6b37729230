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
