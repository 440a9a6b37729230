const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);
/** What ends a number or a word: white space, a comma, and what closes. */
const ENDS = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x5d, 0x7d]);
const BETWEEN = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x3a]);

/** Where a value stands in bytes that parse as JSON. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Bytes that take the place of others; an empty place inserts. */
export interface Edit extends Place {
  readonly bytes: Buffer | string;
}

/** The whole value of bytes that parse as JSON. */
export function wholeOf(bytes: Buffer): Place {
  const start = next(bytes, 0);
  return { start, end: endOfValue(bytes, start) };
}

/** The members of an object, in their order; none of any other value. A name may come twice. */
export function membersAt(bytes: Buffer, { start, end }: Place): { name: string; value: Place }[] {
  if (bytes[start] !== 0x7b) return [];
  const members = [];
  for (let at = next(bytes, start + 1); at < end - 1;) {
    const named = endOfString(bytes, at);
    const name = JSON.parse(bytes.toString('utf8', at, named)) as string;
    const from = next(bytes, named);
    const value = { start: from, end: endOfValue(bytes, from) };
    members.push({ name, value });
    at = next(bytes, value.end);
  }
  return members;
}

/** The last member of that name, which is the one that `JSON.parse` sees. */
export function memberAt(bytes: Buffer, place: Place | undefined, name: string): Place | undefined {
  return place === undefined
    ? undefined
    : membersAt(bytes, place).findLast((member) => member.name === name)?.value;
}

/** The elements of an array, in their order; none of any other value. */
export function elementsAt(bytes: Buffer, { start, end }: Place): Place[] {
  if (bytes[start] !== 0x5b) return [];
  const elements: Place[] = [];
  for (let at = next(bytes, start + 1); at < end - 1;) {
    const element = { start: at, end: endOfValue(bytes, at) };
    elements.push(element);
    at = next(bytes, element.end);
  }
  return elements;
}

/** The bytes with every edit made; no two may overlap. Not a byte of the rest changes. */
export function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  const parts: Buffer[] = [];
  let kept = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(bytes.subarray(kept, edit.start), Buffer.from(edit.bytes));
    kept = edit.end;
  }
  return Buffer.concat([...parts, bytes.subarray(kept)]);
}

/** What stands between the brackets of an array of these elements. */
export function listed(elements: readonly Buffer[]): Buffer {
  return Buffer.concat(elements.flatMap((each, index) => (index === 0 ? [each] : [Buffer.from(','), each])));
}

/** Past white space, commas and colons. */
function next(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && BETWEEN.has(bytes[at] ?? 0)) at++;
  return at;
}

function endOfValue(bytes: Buffer, start: number): number {
  if (bytes[start] === QUOTE) return endOfString(bytes, start);
  let at = start;
  let depth = 0;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = endOfString(bytes, at) - 1;
    else if (OPEN.has(byte)) depth++;
    else if (depth === 0 && ENDS.has(byte)) return at;
    else if (CLOSE.has(byte) && --depth === 0) return at + 1;
  }
  return at;
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}
