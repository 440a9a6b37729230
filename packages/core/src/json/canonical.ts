import { sha256OfText } from '#sha256';
import type { JsonValue } from './value.ts';
import { depthBelow, exact, MAX_DEPTH, membersOf, notJson, wellFormed } from './value.ts';

/** Records of ours wrap what a caller sent, so they may nest deeper than a message may. */
const RECORD_DEPTH = 2 * MAX_DEPTH;

/**
 * The canonical text of `value` (JCS, RFC 8785). Throws `JsonError` as `checkJson` does, also where RFC 8785 would
 * write something: -0 as `0`, integers beyond 2^53-1.
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, RECORD_DEPTH);
}

/** Unpadded base64url SHA-256 of the canonical text's UTF-8; throws as `canonicalJson` does. */
export function canonicalHash(value: JsonValue): string {
  return sha256OfText(canonicalJson(value));
}

/**
 * Checks and writes at once (docs/design/0007-canonical-json.md); in the order of `checkJson`, so that both refuse a value
 * for the same fault.
 */
function write(value: unknown, depthLeft: number): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'string':
      return quoted(value);
    case 'number':
      // As ECMAScript writes it (RFC 8785 §3.2.2.3).
      return String(exact(value));
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value)
        ? writeArray(value, depthBelow(depthLeft))
        : writeObject(value, depthBelow(depthLeft));
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      break;
  }
  throw notJson(value);
}

function writeArray(source: readonly unknown[], depthLeft: number): string {
  let text = '[';
  const { length } = source;
  for (let i = 0; i < length; i++) text += (i === 0 ? '' : ',') + write(source[i], depthLeft);
  return `${text}]`;
}

function writeObject(source: object, depthLeft: number): string {
  const members = membersOf(source);
  for (const member of members) member[1] = `${quoted(member[0])}:${write(member[1], depthLeft)}`;
  let text = '{';
  for (const [, written] of inOrder(members as [string, string][]))
    text += text === '{' ? written : `,${written}`;
  return `${text}}`;
}

/** Sorted in place by the UTF-16 code units of their names (RFC 8785 §3.2.3), no two of which are the same. */
function inOrder<T>(members: [name: string, T][]): [name: string, T][] {
  if (members.length > FEW) return members.sort(([a], [b]) => (a < b ? -1 : 1));
  for (let i = 1; i < members.length; i++) {
    const member = members[i]!;
    let at = i;
    for (; at > 0 && members[at - 1]![0] > member[0]; at--) members[at] = members[at - 1]!;
    members[at] = member;
  }
  return members;
}

/** Of so few, insertion is several times faster than `sort`; of many it would take quadratic time. */
const FEW = 16;

// Surrogates too: whether they are paired is looked at only where there are any.
// eslint-disable-next-line no-control-regex -- JSON escapes them
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/;

/** JSON.stringify escapes what RFC 8785 §3.2.2.2 escapes, as it does, and lone surrogates, which are refused. */
function quoted(text: string): string {
  return SPECIAL.test(text) ? JSON.stringify(wellFormed(text)) : `"${text}"`;
}
