import type { JsonObject, JsonValue } from './json/value.ts';

/** Whether a JSON value is an object, and no array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
