import type { JsonObject, JsonValue } from '@countersign/core';

/** A JSON pointer to something within a value: RFC 6901, without the empty one. */
export const POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/;

/** What a pointer points to, or undefined. Members are a value's own, never of its prototype. */
export function valueAt(value: JsonValue | undefined, pointer: string): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const token of pointer.split('/').slice(1)) {
    if (typeof found !== 'object' || found === null) return undefined;
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(found) && !/^(?:0|[1-9]\d*)$/.test(name)) return undefined;
    found = Object.hasOwn(found, name) ? (found as JsonObject)[name] : undefined;
  }
  return found;
}
