import type { JsonObject, JsonValue } from '@countersign/core';
import type { CedarValue } from './cedar.ts';
import type { Part } from './looked-at.ts';
import { ValueTests } from './value-tests.ts';

/** Keys by which Cedar's JSON format turns a record into an entity, an extension call or an expression. */
const RESERVED_KEYS: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr']);

/**
 * The JSON pointer (RFC 6901) of the first reserved key anywhere in `value`, or undefined. INVARIANT: nothing with a
 * reserved key reaches Cedar, where it could name an entity such as another agent. Design §3.
 */
export function findReservedKey(value: JsonValue): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key of Object.keys(value)) {
    const below = RESERVED_KEYS.has(key) ? '' : findReservedKey((value as JsonObject)[key] ?? null);
    if (below !== undefined) return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${below}`;
  }
  return undefined;
}

/**
 * `value` in Cedar's JSON format, or undefined for null, which Cedar lacks. A number that Cedar cannot hold becomes
 * its digits as text: left out, `context.action has amount && context.action.amount > 100` would not see an amount
 * of 100.00001; as text the comparison errors, and an error is never an allow.
 */
export function cedarValue(value: JsonValue): CedarValue | undefined {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value;
    case 'number':
      return cedarNumber(value);
    default:
      if (value === null) return undefined;
      return isArray(value) ? cedarSet(value) : cedarRecord(value);
  }
}

/** The members of `object` in Cedar's JSON format, nulls dropped. */
export function cedarRecord(object: JsonObject): Record<string, CedarValue> {
  const record = emptyRecord();
  for (const [key, member] of Object.entries(object)) {
    const value = cedarValue(member);
    if (value !== undefined) record[key] = value;
  }
  return record;
}

/**
 * Of `object` in Cedar's JSON format the part that policies go through. INVARIANT: to them it is as good as the whole.
 * What they only ask the presence of may have any value; going into what is no record is an error whatever it is.
 */
export function cedarPart(object: JsonObject, part: Part): Record<string, CedarValue> {
  if (part === 'all' || part instanceof ValueTests) return cedarRecord(object);
  const record = emptyRecord();
  for (const [name, inner] of part) {
    const member = Object.hasOwn(object, name) ? object[name] : undefined;
    if (member === undefined || member === null) continue;
    const whole = inner === 'all' || inner instanceof ValueTests;
    const value = whole ? cedarValue(member) : isRecord(member) ? cedarPart(member, inner) : false;
    if (value !== undefined) record[name] = value;
  }
  return record;
}

/** A record without a prototype, so that a member called `__proto__` is a member. */
export function emptyRecord(): Record<string, CedarValue> {
  return Object.create(null) as Record<string, CedarValue>;
}

function cedarSet(items: readonly JsonValue[]): CedarValue[] {
  return items.map(cedarValue).filter((item) => item !== undefined);
}

/** Cedar's decimal: at most four fractional digits, a 64-bit integer of ten-thousandths. */
const DECIMAL = /^-?[0-9]{1,14}\.[0-9]{1,4}$/;

function cedarNumber(value: number): CedarValue {
  if (Number.isSafeInteger(value)) return value;
  const digits = String(value);
  return DECIMAL.test(digits) ? { __extn: { fn: 'decimal', arg: digits } } : digits;
}

function isRecord(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArray(value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value);
}
