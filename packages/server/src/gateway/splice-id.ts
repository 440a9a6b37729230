const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * The same message with another top-level `id`: not a byte of the rest changes. `bytes` must be a JSON
 * object that parses. Where `id` stands more than once, each is replaced.
 */
export function spliceId(bytes: Buffer, id: string | number): Buffer {
  const replacement = Buffer.from(JSON.stringify(id));
  const parts: Buffer[] = [];
  let kept = 0;
  for (const [start, end] of topLevelIds(bytes)) {
    parts.push(bytes.subarray(kept, start), replacement);
    kept = end;
  }
  parts.push(bytes.subarray(kept));
  return Buffer.concat(parts);
}

/** Where the values of the top-level members called `id` begin and end. */
function* topLevelIds(bytes: Buffer): Generator<[number, number]> {
  let depth = 0;
  let name: string | undefined;
  let isName = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === undefined) return;
    switch (byte) {
      case 0x7b: // {
      case 0x5b: // [
        depth++;
        isName = depth === 1;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
        break;
      case COMMA:
        if (depth === 1) isName = true;
        break;
      case COLON:
        if (depth === 1) {
          isName = false;
          if (name === 'id') yield [at + 1, endOfScalar(bytes, at + 1)];
        }
        break;
      case QUOTE: {
        const end = endOfString(bytes, at);
        if (depth === 1 && isName) name = JSON.parse(bytes.toString('utf8', at, end)) as string;
        at = end - 1;
        break;
      }
      default:
        break;
    }
  }
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** An id is text or a number; whatever else stands there ends at the next comma or brace, too. */
function endOfScalar(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== 0x7d) {
    at = bytes[at] === QUOTE ? endOfString(bytes, at) : at + 1;
  }
  return at;
}
