import type { JsonObject, JsonValue } from '../json/value.ts';
import { quoted } from './visible.ts';

/**
 * A value as indented lines, in member order of code units, two spaces a level, nothing elided. A text of
 * several lines is one literal for each, to be read one after the other, so that its ends stay visible.
 */
export function block(value: JsonValue, depth: number): string[] {
  const pad = '  '.repeat(depth);
  if (typeof value === 'string') return linesOf(value).map((line) => pad + quoted(line));
  if (!isBranch(value)) return [pad + inline(value)];
  return membersOf(value).flatMap(([key, item]) =>
    isBranch(item) ? [`${pad}${key}:`, ...block(item, depth + 1)] : [`${pad}${key}: ${inline(item)}`],
  );
}

/** A value on one line. */
export function inline(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isArray(value)) return `[${value.map(inline).join(', ')}]`;
  return `{${sortedEntries(value)
    .map(([key, item]) => `${quoted(key)}: ${inline(item)}`)
    .join(', ')}}`;
}

/** `[0]` is an element, `"[0]"` a member. */
function membersOf(value: JsonValue): [string, JsonValue][] {
  if (typeof value !== 'object' || value === null) return [];
  if (isArray(value)) return value.map((item, index) => [`[${index}]`, item]);
  return sortedEntries(value).map(([key, item]) => [quoted(key), item]);
}

function isBranch(value: JsonValue): boolean {
  if (typeof value === 'string') return /\n./s.test(value);
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

function sortedEntries(value: JsonObject): [string, JsonValue][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function isArray(value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value);
}
