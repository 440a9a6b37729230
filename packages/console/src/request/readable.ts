import { visible, type ConsentQuestion, type JsonValue } from '@countersign/core';
import { counted } from './deadline.ts';

/** One argument, ready to be shown: nothing hidden, nothing cut. */
export interface ReadableValue {
  readonly name: string;
  readonly lines: readonly string[];
  /** How much it is, where that is worth saying. */
  readonly size?: string;
}

/** Sections that say what would run with what; short values first, so that a path is not below a file's content. */
export function readableArguments(question: ConsentQuestion): ReadableValue[] {
  const { context, action, resource } = question.bound;
  return [
    ...members(context['arguments'], ''),
    ...members(action.properties, 'action '),
    ...members(resource.properties, 'resource '),
  ].sort((a, b) => weight(a) - weight(b));
}

function members(value: JsonValue | undefined, prefix: string): ReadableValue[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [readable(`${prefix}value`, value)];
  }
  return Object.entries(value).map(([name, each]) => readable(prefix + visible(name), each));
}

function readable(name: string, value: JsonValue): ReadableValue {
  if (typeof value !== 'string') {
    // Line breaks inside strings are escaped by JSON, so each line here is one of ours.
    const lines = JSON.stringify(value, null, 2).split('\n').map(visible);
    return { name, lines, ...(lines.length > 1 ? { size: counted(lines.length, 'line') } : {}) };
  }
  if (value === '') return { name, lines: [''], size: 'empty text' };
  const lines = value.split(/\r\n|\n/).map(shown);
  const long = lines.length > 1 || value.length > 80;
  const size = `${lines.length > 1 ? `${counted(lines.length, 'line')}, ` : ''}${counted(value.length, 'character')}`;
  return { name, lines, ...(long ? { size } : {}) };
}

/** Tabs stay tabs, for code's sake; the text that is signed shows them as `\t`. */
function shown(line: string): string {
  return line.split('\t').map(visible).join('\t');
}

function weight(value: ReadableValue): number {
  return value.lines.length > 1 ? 1000 + value.lines.length : (value.lines[0]?.length ?? 0) > 200 ? 1000 : 0;
}
