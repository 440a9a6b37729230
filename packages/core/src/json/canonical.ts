import { sha256OfText } from '#sha256';
import type { JsonValue } from './value.ts';
import { checkJson, depthBelow, exact, MAX_DEPTH, memberOf, namesOf, notJson, wellFormed } from './value.ts';

/** Records of ours wrap what a caller sent, so they may nest deeper than a message may. */
const RECORD_DEPTH = 2 * MAX_DEPTH;

/**
 * The canonical text of `value` (JCS, RFC 8785). Throws `JsonError` as `checkJson` does, also where RFC 8785 would
 * write something: -0 as `0`, integers beyond 2^53-1.
 */
export function canonicalJson(value: JsonValue): string {
  try {
    return write(value, RECORD_DEPTH);
  } catch (error) {
    // Of several faults it tells the one that `checkJson` meets first.
    checkJson(value, RECORD_DEPTH);
    throw error;
  }
}

/** Unpadded base64url SHA-256 of the canonical text's UTF-8; throws as `canonicalJson` does. */
export function canonicalHash(value: JsonValue): string {
  return sha256OfText(canonicalJson(value));
}

/** Checks and writes at once (docs/design/0007-canonical-json.md). */
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
  const names = inOrder(namesOf(source));
  let text = '{';
  const { length } = names;
  for (let i = 0; i < length; i++) {
    const name = names[i]!;
    text += `${i === 0 ? '' : ','}${quoted(name)}:${write(memberOf(source, name), depthLeft)}`;
  }
  return `${text}}`;
}

/** Sorted in place by UTF-16 code units (RFC 8785 §3.2.3). */
function inOrder(names: string[]): string[] {
  if (names.length > FEW) return names.sort();
  for (let i = 1; i < names.length; i++) {
    const name = names[i]!;
    let at = i;
    for (; at > 0 && names[at - 1]! > name; at--) names[at] = names[at - 1]!;
    names[at] = name;
  }
  return names;
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
