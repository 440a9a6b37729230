import { visible } from '@countersign/core';
import { createTwoFilesPatch } from 'diff';
import { isBelow, splice, type Leaf } from './text/config-text.ts';

/** One text before and after, with the places of its values. */
export interface TextChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly leaves: (text: string) => readonly Leaf[];
  /** Where servers are; of everything else no value is shown. */
  readonly servers: readonly (readonly string[])[];
}

const MASK = '"***"';
/** What may be seen of a server: how it is reached. What it is told besides may be secret. */
const SHOWN = ['command', 'args', 'path', 'type', 'url', 'httpUrl', 'source', 'cwd', 'catalog'];
const SECRET_OPTION = /(?:key|token|secret|passw|auth|credential|bearer|header)/i;

/** The unified diff for a person, without secrets: values are masked on both sides alike, so no masked line is a change. */
export function shownDiff({ path, before, after, leaves, servers }: TextChange): string {
  const patch = createTwoFilesPatch(
    path,
    path,
    masked(before, leaves(before), servers),
    masked(after, leaves(after), servers),
    undefined,
    undefined,
    { context: 2 },
  );
  const lines = patch.split('\n').filter((line) => !/^(?:=+$|Index: )/.test(line));
  return lines.map((line) => visible(line.replaceAll('\t', '  ').replace(/\r$/, ''))).join('\n');
}

function masked(text: string, leaves: readonly Leaf[], servers: readonly (readonly string[])[]): string {
  const places = leaves.flatMap((leaf) => secretsOf(leaf, text, servers));
  return places
    .toSorted((a, b) => b.start - a.start)
    .reduce((current, { start, end, put }) => splice(current, start, end, put), text);
}

interface Secret {
  readonly start: number;
  readonly end: number;
  readonly put: string;
}

function secretsOf(leaf: Leaf, text: string, servers: readonly (readonly string[])[]): readonly Secret[] {
  const { path, value, start, end, items } = leaf;
  const hide = (place: { readonly start: number; readonly end: number }, put: string = MASK): Secret => ({
    start: place.start,
    end: place.end,
    // A text of several lines ends where its last line does.
    put: text.slice(place.start, place.end).endsWith('\n') ? `${put}\n` : put,
  });
  const isServer = servers.some((server) => isBelow(path.slice(0, server.length), server));
  const member = path.findLast((part) => !/^\d+$/.test(part)) ?? '';
  const isTold = path.some((part) => /^(?:env|headers)$|_headers$/.test(part));
  const shown = isServer && SHOWN.includes(member) && !isTold;
  if (!shown) {
    if (items.length > 0)
      return items.filter((item) => typeof item.value === 'string').map((item) => hide(item));
    const isSecret = typeof value === 'string' || (isTold && typeof value !== 'object');
    return isSecret ? [hide({ start, end })] : [];
  }
  if (typeof value === 'string') {
    const bare = withoutQuery(value);
    return bare === value ? [] : [hide({ start, end }, JSON.stringify(bare))];
  }
  return items.flatMap((item, at) => {
    if (typeof item.value !== 'string') return [];
    const before = items[at - 1]?.value;
    const follows = typeof before === 'string' && /^--?[\w-]+$/.test(before) && SECRET_OPTION.test(before);
    if (follows && !item.value.startsWith('-')) return [hide(item)];
    const [, option] = /^((?:--?)?[\w.-]+=)/.exec(item.value) ?? [];
    if (option !== undefined && SECRET_OPTION.test(option))
      return [hide(item, JSON.stringify(`${option}***`))];
    const bare = withoutQuery(item.value);
    return bare === item.value ? [] : [hide(item, JSON.stringify(bare))];
  });
}

/** An address without who signs in and without its query, where keys often are. */
function withoutQuery(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s?#]*@/gi, '$1***@')
    .replace(/(:\/\/[^\s?#]*)\?[^\s#]*/g, '$1?***');
}
