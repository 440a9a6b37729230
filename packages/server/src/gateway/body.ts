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
