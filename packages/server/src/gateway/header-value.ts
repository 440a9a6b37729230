/** MCP 2026-07-28 §"Value Encoding": text as it may stand in a header, in Base64 where it may not. */
const ENCODED = /^=\?base64\?(.*)\?=$/;

export function headerValue(text: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !ENCODED.test(text);
  return plain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

/** The text that a header carries, or undefined where it is no such encoding; nothing is read leniently. */
export function decodedHeader(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, encoded] = ENCODED.exec(value) ?? [];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, 'base64');
  // Node skips what is not Base64 and adds what is missing: only what comes out the same was well-formed.
  return bytes.toString('base64') === encoded ? bytes.toString() : undefined;
}
