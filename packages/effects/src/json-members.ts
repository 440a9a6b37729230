import { isObject, type JsonArray, type JsonValue } from '@countersign/core';

export { isObject };

export function isArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value);
}

/** An own member: what an object inherits, as `constructor`, is nothing that a document says. */
export function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** An own member if it is a text. */
export function textOf(value: JsonValue | undefined, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === 'string' ? found : undefined;
}

/** The elements of an own member if it is an array. */
export function itemsOf(value: JsonValue | undefined, name: string): JsonArray {
  const found = member(value, name);
  return isArray(found) ? found : [];
}

/** The members of an own member if it is an object. */
export function membersOf(value: JsonValue | undefined, name: string): [string, JsonValue][] {
  const found = member(value, name);
  return isObject(found) ? Object.entries(found) : [];
}
