import {
  createScanner,
  findNodeAtLocation,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import {
  BrokenText,
  indentAt,
  lineEndOf,
  splice,
  type Edit,
  type Leaf,
  type TextFormat,
} from './config-text.ts';

/** JSON, or JSON with comments and trailing commas as editors take it. */
export function jsonText({ comments }: { readonly comments: boolean }): TextFormat {
  const rootOf = (text: string): Node | undefined => {
    const errors: ParseError[] = [];
    const root = parseTree(withoutMark(text), errors, {
      disallowComments: !comments,
      allowTrailingComma: comments,
      allowEmptyContent: true,
    });
    const [error] = errors;
    if (error !== undefined)
      throw new BrokenText(text, error.offset, words(printParseErrorCode(error.error)));
    if (root !== undefined && root.type !== 'object')
      throw new BrokenText(text, root.offset, 'not an object');
    return root;
  };
  return {
    leaves: (text) => {
      const root = rootOf(text);
      return root === undefined ? [] : [...leavesBelow(root, [], text)];
    },
    edit: (text, edit) => {
      const root = rootOf(text);
      return root === undefined ? text : editBelow(text, root, edit);
    },
  };
}

function* leavesBelow(node: Node, path: readonly string[], text: string): Generator<Leaf> {
  if (node.type !== 'object' || node.children?.length === 0) {
    const items = node.type === 'array' ? (node.children ?? []) : [];
    yield {
      path,
      value: valueOf(node),
      ...placeOf(node),
      items: items.map((item) => ({ value: valueOf(item), ...placeOf(item) })),
    };
    return;
  }
  const seen = new Set<string>();
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    // Readers take the last of two; an edit of the first would change nothing for them.
    if (seen.has(name)) throw new BrokenText(text, key.offset, `\`${name}\` is there twice: keep one`);
    seen.add(name);
    yield* leavesBelow(value, [...path, name], text);
  }
}

/** As `JSON.parse` would have it, without what `__proto__` does to an assignment. */
function valueOf(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(valueOf);
  if (node.type !== 'object') return node.value as unknown;
  return Object.fromEntries(
    (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
      key === undefined || value === undefined ? [] : [[String(key.value), valueOf(value)]],
    ),
  );
}

function editBelow(text: string, root: Node, { path, value }: Edit): string {
  const found = findNodeAtLocation(root, [...path]);
  if (value === undefined) return found?.parent === undefined ? text : removed(text, found.parent);
  if (found !== undefined) {
    const { start, end } = placeOf(found);
    return splice(text, start, end, written(text, value, start, text.slice(start, end).includes('\n')));
  }
  return inserted(text, root, path, value);
}

/** Puts a member, and what must be there to hold it, after the last one of the nearest object that is there. */
function inserted(
  text: string,
  root: Node,
  path: readonly string[],
  value: string | readonly string[],
): string {
  let depth = path.length - 1;
  while (depth > 0 && findNodeAtLocation(root, path.slice(0, depth)) === undefined) depth--;
  const parent = findNodeAtLocation(root, path.slice(0, depth));
  if (parent?.type !== 'object') throw new BrokenText(text, 0, `\`${path.join('.')}\` has no place`);
  const below = path.slice(depth).map((part) => `${JSON.stringify(part)}: `);
  const member = below.join('{ ') + written(text, value, 0, false) + ' }'.repeat(below.length - 1);
  const last = parent.children?.at(-1);
  if (last === undefined) return splice(text, parent.offset, endOf(parent), `{ ${member} }`);
  if (!text.slice(parent.offset, last.offset).includes('\n'))
    return splice(text, endOf(last), endOf(last), `, ${member}`);
  const line = lineEndOf(text) + indentAt(text, last.offset) + member;
  const comma = commaAfter(text, endOf(last));
  const from = comma ?? endOf(last);
  // A comment on the line stays with what it is about.
  const [comment = ''] =
    /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*)(?=\r?\n)/.exec(text.slice(from)) ?? [];
  const put = comma === undefined ? `,${comment}${line}` : `${comment}${line},`;
  return splice(text, from, from + comment.length, put);
}

/** A text, or a list on one line or, as it was written before, on several. */
function written(text: string, value: string | readonly string[], at: number, onLines: boolean): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const items = value.map((item) => JSON.stringify(item));
  if (!onLines || items.length === 0) return `[${items.join(', ')}]`;
  const indent = indentAt(text, at);
  const step = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
  const end = lineEndOf(text);
  return `[${end}${items.map((item) => indent + step + item).join(`,${end}`)}${end}${indent}]`;
}

/** Takes a property out with one of its commas, and its line where nothing else is on it; comments stay. */
function removed(text: string, property: Node): string {
  const after = commaAfter(text, endOf(property));
  const siblings = property.parent?.children ?? [];
  const before = siblings[siblings.indexOf(property) - 1];
  const own = cutLine(text, property.offset, after ?? endOf(property));
  if (after !== undefined || before === undefined) return own;
  const comma = commaAfter(text, endOf(before));
  return comma === undefined ? own : splice(own, comma - 1, comma, '');
}

function cutLine(text: string, start: number, end: number): string {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const [rest = ''] = /^[ \t]*(?:\r?\n)?/.exec(text.slice(end)) ?? [];
  const alone = text.slice(from, start).trim() === '' && rest.endsWith('\n');
  if (alone) return splice(text, from, end + rest.length, '');
  return splice(text, start, rest.endsWith('\n') ? end : end + rest.length, '');
}

/** Where the comma after `offset` ends, with only comments and space before it. */
function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  if (text[scanner.getTokenOffset()] !== ',') return undefined;
  return scanner.getTokenOffset() + scanner.getTokenLength();
}

function placeOf(node: Node): { readonly start: number; readonly end: number } {
  return { start: node.offset, end: endOf(node) };
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

/** A byte order mark is none of the text; a space in its place keeps every offset. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
}

function words(code: string): string {
  return code.replace(/(?!^)([A-Z])/g, ' $1').toLowerCase();
}
