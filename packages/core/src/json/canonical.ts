import { sha256OfText } from '#sha256';
import canonicalize from 'canonicalize';
import { JsonError } from './error.ts';
import type { JsonValue } from './value.ts';
import { checkJson, MAX_DEPTH } from './value.ts';

/** Records of ours wrap what a caller sent, so they may nest deeper than a message may. */
const RECORD_DEPTH = 2 * MAX_DEPTH;

/**
 * The canonical text of `value` (JCS, RFC 8785). Throws `JsonError` as `checkJson` does, also where RFC 8785 would
 * write something: -0 as `0`, integers beyond 2^53-1.
 */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(checkJson(value, RECORD_DEPTH));
  if (text === undefined) throw new JsonError('invalid_json', 'value has no canonical form');
  return text;
}

/** Unpadded base64url SHA-256 of the canonical text's UTF-8; throws as `canonicalJson` does. */
export function canonicalHash(value: JsonValue): string {
  return sha256OfText(canonicalJson(value));
}
