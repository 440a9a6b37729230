import type { IncomingMessage } from 'node:http';

/** The longest message of a client's, in bytes. */
export const MAX_BODY_BYTES: number = 1024 * 1024;
/** The longest answer of an upstream's that is read whole, because more than its bytes is needed. */
export const MAX_ANSWER_BYTES: number = 64 * 1024 * 1024;

/** An upstream's answer, whole. Throws `RangeError` where it has no end in sight; what is left of it is not read. */
export async function readAnswer(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new RangeError(`an answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The body, or undefined when it is longer than it may be, whatever Content-Length says. */
export async function readBody(http: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(http.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return undefined;
  return await new Promise((read, failed) => {
    const chunks: Buffer[] = [];
    let size = 0;
    http
      .on('data', (bytes: Buffer) => {
        size += bytes.length;
        if (size > MAX_BODY_BYTES) {
          http.pause();
          read(undefined);
        } else chunks.push(bytes);
      })
      .once('end', () =>
        read(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)),
      )
      .once('error', failed)
      .once('close', () => {
        // Said of each request; to make an error of it takes longer than to read the body.
        if (!http.complete) failed(new Error('the body was broken off'));
      });
  });
}
