import { isDeepStrictEqual } from 'node:util';

/** A value that is no object, or an empty one, and where it stands in the text. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
  /** What a list holds, each where it stands. */
  readonly items: readonly { readonly value: unknown; readonly start: number; readonly end: number }[];
}

/** One change: a member set to a text or a list of texts, or taken out with all that is below it. */
export interface Edit {
  readonly path: readonly string[];
  readonly value?: string | readonly string[];
}

/** A way to write configuration down, read for its places and changed in place. */
export interface TextFormat {
  /** Throws `BrokenText`. */
  readonly leaves: (text: string) => readonly Leaf[];
  /** One edit; nothing outside of the member changes. The parent of what is set is there. */
  readonly edit: (text: string, edit: Edit) => string;
}

/** A text that is not what its name says, with line and column. */
export class BrokenText extends Error {
  override readonly name: string = 'BrokenText';

  constructor(text: string, offset: number, reason: string) {
    const before = text.slice(0, offset).split('\n');
    super(`${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${reason}`);
  }
}

/**
 * The text after all edits.
 *
 * INVARIANT: read again, it differs from before in what was edited and in nothing else; a format that could
 * not do that throws here and nothing is written.
 */
export function editText(format: TextFormat, text: string, edits: readonly Edit[]): string {
  const edited = edits.reduce((current, edit) => format.edit(current, edit), text);
  const wanted = new Map(format.leaves(text).map(({ path, value }) => [JSON.stringify(path), value]));
  for (const { path, value } of edits) {
    const start = JSON.stringify(path).slice(0, -1);
    for (const key of wanted.keys())
      if (key === `${start}]` || key.startsWith(`${start},`)) wanted.delete(key);
    if (value !== undefined) wanted.set(JSON.stringify(path), value);
  }
  const found = new Map(format.leaves(edited).map(({ path, value }) => [JSON.stringify(path), value]));
  if (!isDeepStrictEqual(wanted, found))
    throw new BrokenText(text, 0, 'cannot be edited safely: edit it by hand');
  return edited;
}

export function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length >= above.length && above.every((part, at) => path[at] === part);
}

/** The line end that the text uses. */
export function lineEndOf(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n';
}

/** The white space at the start of the line of `offset`. */
export function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

export function splice(text: string, start: number, end: number, put: string): string {
  return text.slice(0, start) + put + text.slice(end);
}
