import { alikeForm, type JsonObject, type JsonValue } from '@countersign/core';

/**
 * Whether something on the way to what a pointer points to stands beside a member that some server takes for it:
 * parsers of Go and .NET do not tell case apart, and the last one wins.
 */
export function standsBesideAlike(value: JsonValue | undefined, pointer: string): boolean {
  let at: JsonValue | undefined = value;
  for (const token of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return false;
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    const object: JsonObject = at as JsonObject;
    if (
      !Array.isArray(at) &&
      Object.keys(object).some((key) => key !== name && alikeForm(key) === alikeForm(name))
    )
      return true;
    at = Object.hasOwn(object, name) ? object[name] : undefined;
  }
  return false;
}
