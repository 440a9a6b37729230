import { getStaticTOMLValue, ParseError, parseTOML, type AST } from 'toml-eslint-parser';
import {
  BrokenText,
  indentAt,
  isBelow,
  lineEndOf,
  splice,
  type Leaf,
  type TextFormat,
} from './config-text.ts';

/** A key with its value, by its whole path. */
interface Entry {
  readonly path: readonly string[];
  readonly node: AST.TOMLKeyValue;
}

/** TOML, changed member by member: tables, dotted keys and inline tables stay what they were. */
export const TOML_TEXT: TextFormat = {
  leaves: (text) => {
    const document = parsed(text);
    const empty = tablesOf(document).filter(({ body, kind }) => body.length === 0 && kind === 'standard');
    return [
      ...entriesOf(document).flatMap(({ path, node }) => leafOf(path, node.value)),
      ...empty.map(({ resolvedKey, range: [start, end] }) => ({
        path: resolvedKey.map(String),
        value: {},
        start,
        end,
        items: [],
      })),
    ];
  },
  edit: (text, edit) =>
    edit.value === undefined ? removed(text, edit.path) : set(text, edit.path, edit.value),
};

function parsed(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text, { tomlVersion: '1.1' });
  } catch (error) {
    if (error instanceof ParseError) throw new BrokenText(text, error.index, error.message.toLowerCase());
    throw error;
  }
}

function tablesOf({ body: [top] }: AST.TOMLProgram): readonly AST.TOMLTable[] {
  return top.body.filter((each) => each.type === 'TOMLTable');
}

function entriesOf({ body: [top] }: AST.TOMLProgram): readonly Entry[] {
  return top.body.flatMap((each) =>
    each.type === 'TOMLTable'
      ? each.body.flatMap((pair) => entriesBelow(each.resolvedKey.map(String), pair))
      : entriesBelow([], each),
  );
}

/** The pair itself, or what its inline table holds. */
function entriesBelow(above: readonly string[], node: AST.TOMLKeyValue): readonly Entry[] {
  const path = [
    ...above,
    ...node.key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value)),
  ];
  const { value } = node;
  if (value.type !== 'TOMLInlineTable' || value.body.length === 0) return [{ path, node }];
  return value.body.flatMap((pair) => entriesBelow(path, pair));
}

function leafOf(path: readonly string[], value: AST.TOMLContentNode): Leaf[] {
  const items = value.type === 'TOMLArray' ? value.elements : [];
  const [start, end] = value.range;
  return [
    {
      path,
      value: getStaticTOMLValue(value),
      start,
      end,
      items: items.map((item) => ({
        value: getStaticTOMLValue(item),
        start: item.range[0],
        end: item.range[1],
      })),
    },
  ];
}

function set(text: string, path: readonly string[], value: string | readonly string[]): string {
  const entries = entriesOf(parsed(text));
  const found = entries.find((entry) => samePath(entry.path, path));
  if (found !== undefined) {
    const [start, end] = found.node.value.range;
    return splice(text, start, end, written(text, value, start, text.slice(start, end).includes('\n')));
  }
  // Beside a member that is written where the new one belongs, with the same words before its name; what must
  // be there to hold it becomes part of its name.
  for (let depth = path.length; depth > 1; depth--) {
    const beside = entries.findLast(
      (entry) => entry.path.length === depth && isBelow(entry.path, path.slice(0, depth - 1)),
    );
    if (beside !== undefined) return inserted(text, beside.node, path.slice(depth - 1), value);
  }
  throw new BrokenText(text, 0, `\`${path.join('.')}\` has no place: edit it by hand`);
}

function inserted(
  text: string,
  beside: AST.TOMLKeyValue,
  names: readonly string[],
  value: string | readonly string[],
): string {
  const name = beside.key.keys.at(-1)?.range[0] ?? beside.key.range[0];
  const member = `${text.slice(beside.key.range[0], name)}${names.map(key).join('.')} = ${written(text, value, beside.range[0], false)}`;
  if (beside.parent.type === 'TOMLInlineTable')
    return splice(text, beside.range[1], beside.range[1], `, ${member}`);
  const line = endOfLine(text, beside.range[1]);
  return splice(text, line, line, lineEndOf(text) + indentAt(text, beside.range[0]) + member);
}

function removed(text: string, path: readonly string[]): string {
  const document = parsed(text);
  const table = tablesOf(document).find(({ resolvedKey }) => isBelow(resolvedKey.map(String), path));
  if (table !== undefined) return removed(cutTable(text, table), path);
  const entry = entriesOf(document).find((each) => isBelow(each.path, path));
  if (entry === undefined) return text;
  // An inline table below the path goes as a whole, not member by member.
  let { node } = entry;
  for (let depth = entry.path.length; depth > path.length;) {
    depth -= node.key.keys.length;
    if (depth < path.length || node.parent.type !== 'TOMLInlineTable') break;
    node = node.parent.parent as AST.TOMLKeyValue;
  }
  return removed(
    node.parent.type === 'TOMLInlineTable'
      ? cutMember(text, node, node.parent)
      : cutLines(text, node.range[0], node.range[1]),
    path,
  );
}

/** With one of the empty lines around it. */
function cutTable(text: string, { range: [start, end] }: AST.TOMLTable): string {
  const before = text.slice(0, text.lastIndexOf('\n', start - 1) + 1);
  const apart = /(?:^|\n)\r?\n$/.test(before);
  const line = endOfLine(text, end);
  const [next = ''] = /^\r?\n(?:\r?\n)?/.exec(text.slice(line)) ?? [];
  return apart ? before + text.slice(line + next.length) : cutLines(text, start, end);
}

function cutLines(text: string, start: number, end: number): string {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const line = endOfLine(text, end);
  const next = /^\r?\n/.exec(text.slice(line))?.[0].length ?? 0;
  return splice(text, from, line + next, '');
}

function cutMember(text: string, node: AST.TOMLKeyValue, { body }: AST.TOMLInlineTable): string {
  const at = body.indexOf(node);
  const [before, after] = [body[at - 1], body[at + 1]];
  if (after !== undefined) return splice(text, node.range[0], after.range[0], '');
  return splice(text, before?.range[1] ?? node.range[0], node.range[1], '');
}

/** Before the line end, after a comment that is on the line. */
function endOfLine(text: string, offset: number): number {
  const [rest = ''] = /^[^\r\n]*/.exec(text.slice(offset)) ?? [];
  return offset + rest.length;
}

function written(text: string, value: string | readonly string[], at: number, onLines: boolean): string {
  if (typeof value === 'string') return quoted(value);
  const items = value.map(quoted);
  if (!onLines || items.length === 0) return `[${items.join(', ')}]`;
  const indent = indentAt(text, at);
  const end = lineEndOf(text);
  return `[${end}${items.map((item) => `${indent}  ${item},${end}`).join('')}${indent}]`;
}

/** A basic string: TOML's escapes are JSON's, and it wants DEL escaped, too. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', String.raw`\u007F`);
}

function key(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : quoted(name);
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && isBelow(a, b);
}
