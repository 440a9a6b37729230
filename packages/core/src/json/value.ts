import { JsonError } from './error.ts';

/** A JSON value in memory: no undefined, no NaN, no -0, no lone surrogate. */
export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;

/** A JSON array. */
export type JsonArray = readonly JsonValue[];

/** A JSON object; only own members count. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Nested containers that we accept unless told otherwise; `[]` alone is depth 1. */
export const MAX_DEPTH = 64;

/**
 * A deep copy of `value` that is JSON by the rules of `parseJson`: numbers that every peer reads alike (RFC 8785
 * §3.2.2.3, RFC 7493 §2.2), well-formed strings, plain objects and arrays, at most `maxDepth` nested containers.
 * Throws `JsonError`: `unsafe_number`, `lone_surrogate`, `too_deep` (a cycle too), `invalid_json` for all else.
 */
export function checkJson(value: unknown, maxDepth: number = MAX_DEPTH): JsonValue {
  // INVARIANT: every member is read once, so a getter or proxy cannot answer the check and the use differently.
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return wellFormed(value);
    case 'number':
      return exact(value);
    case 'object':
      if (value === null) return null;
      return Array.isArray(value)
        ? copyArray(value, depthBelow(maxDepth))
        : copyObject(value, depthBelow(maxDepth));
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      break;
  }
  throw notJson(value);
}

/** Whether two JSON values are the same, in any order of object members. */
export function jsonEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isArray(a) || isArray(b)) {
    return isArray(a) && isArray(b) && a.length === b.length && a.every((item, i) => jsonEqual(item, b[i]!));
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key]!, b[key]!))
  );
}

/** Whether `n` is finite, not -0 and within ±(2^53-1), beyond which neighbouring integers collapse. */
export function isSafeNumber(n: number): boolean {
  return Math.abs(n) <= Number.MAX_SAFE_INTEGER && !Object.is(n, -0);
}

/** Adds an own member, also one called `__proto__`, which an assignment would make the prototype. */
export function setMember(target: { [key: string]: JsonValue }, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

// What a value is refused for, whoever goes over it.

/** The names of the members of a plain object; each is then to be read once. */
export function namesOf(source: object): string[] {
  const proto: unknown = Object.getPrototypeOf(source);
  // A plain object of another realm has another Object.prototype, which is a root of its own.
  if (proto !== null && Object.getPrototypeOf(proto) !== null) {
    throw new JsonError('invalid_json', 'object is not a plain object');
  }
  // `Object.entries` takes twice as long over objects of many shapes.
  return Object.keys(source);
}

/** An own member that `namesOf` named. */
export function memberOf(source: object, name: string): unknown {
  return (source as Readonly<Record<string, unknown>>)[name];
}

/** How deep the members of a container may nest that may nest `maxDepth` deep itself. */
export function depthBelow(maxDepth: number): number {
  if (maxDepth < 1) throw new JsonError('too_deep', 'value is nested too deep');
  return maxDepth - 1;
}

export function exact(n: number): number {
  if (!isSafeNumber(n)) throw new JsonError('unsafe_number', `number ${printNumber(n)} is not exact`);
  return n;
}

export function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new JsonError('lone_surrogate', 'string has a lone surrogate');
  return text;
}

export function notJson(value: unknown): JsonError {
  return new JsonError('invalid_json', `${typeof value} is not json`);
}

function copyArray(source: readonly unknown[], depthLeft: number): JsonArray {
  const copy: JsonValue[] = [];
  const { length } = source;
  for (let i = 0; i < length; i++) copy.push(checkJson(source[i], depthLeft));
  return copy;
}

function copyObject(source: object, depthLeft: number): JsonObject {
  const copy: { [key: string]: JsonValue } = {};
  for (const key of namesOf(source))
    setMember(copy, wellFormed(key), checkJson(memberOf(source, key), depthLeft));
  return copy;
}

function isArray(value: JsonArray | JsonObject): value is JsonArray {
  return Array.isArray(value);
}

function printNumber(n: number): string {
  return Object.is(n, -0) ? '-0' : String(n);
}
