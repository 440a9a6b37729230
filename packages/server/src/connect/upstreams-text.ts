import { isDeepStrictEqual } from 'node:util';
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  parseDocument,
  stringify,
  visit,
  type Document,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { BrokenText, lineEndOf, splice, type Leaf } from './text/config-text.ts';

/** An upstream as `countersign.yaml` writes it. */
export type NewUpstream =
  | {
      readonly command: string;
      readonly args?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
    }
  | {
      readonly url: string;
      readonly transport?: 'sse';
      readonly headers?: Readonly<Record<string, string>>;
    };

/** The upstreams that a config names, unsubstituted. Throws `BrokenText`. */
export function upstreamsIn(text: string): ReadonlyMap<string, NewUpstream> {
  const value = (parsed(text).toJS() ?? {}) as { readonly upstreams?: Readonly<Record<string, NewUpstream>> };
  return new Map(Object.entries(value.upstreams ?? {}));
}

/** Every scalar of the config, for whoever shows it. */
export function yamlLeaves(text: string): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const pathOf = (ancestors: readonly unknown[]): readonly string[] =>
    ancestors.flatMap((each) => (isPair(each) && isScalar(each.key) ? [String(each.key.value)] : []));
  const placeOf = ({ value, range }: Scalar): Omit<Leaf, 'path' | 'items'> => {
    const [start, end] = range ?? [0, 0];
    return { value, start, end };
  };
  visit(parsed(text), {
    Seq(_key, node, ancestors) {
      if (!node.items.every((item) => isScalar(item))) return undefined;
      const [start, end] = node.range ?? [0, 0];
      const items = node.items.map((item) => placeOf(item));
      leaves.push({ path: pathOf(ancestors), value: node.toJSON(), start, end, items });
      return visit.SKIP;
    },
    Scalar(key, node, ancestors) {
      if (key !== 'key') leaves.push({ path: pathOf(ancestors), ...placeOf(node), items: [] });
    },
  });
  return leaves;
}

/**
 * The config with one more upstream: written in place, so that every other byte stays; where that does not
 * read back as meant, by the document, which keeps comments and order but not every space.
 */
export function addUpstream(text: string, name: string, upstream: NewUpstream): string {
  const document = parsed(text);
  const before = (document.toJS() ?? {}) as { readonly upstreams?: object };
  const wanted = { ...before, upstreams: { ...before.upstreams, [name]: upstream } };
  const inPlace = written(text, document, name, upstream);
  if (inPlace !== undefined && readsAs(inPlace, wanted)) return inPlace;
  document.setIn(['upstreams', name], document.createNode(upstream));
  const whole = document.toString({ lineWidth: 0 });
  if (readsAs(whole, wanted)) return whole;
  throw new BrokenText(text, 0, `upstream \`${name}\` cannot be added safely: add it by hand`);
}

function written(text: string, document: Document, name: string, upstream: NewUpstream): string | undefined {
  const end = lineEndOf(text);
  const block = stringify({ [name]: upstream }, { lineWidth: 0, indent: 2 })
    .trimEnd()
    .split('\n');
  const lines = (indent: string): string => block.map((line) => indent + line).join(end);
  const upstreams: unknown = document.get('upstreams', true);
  if (upstreams === undefined) {
    if (document.contents !== null && !(isMap(document.contents) && document.contents.flow !== true))
      return undefined;
    const apart = text === '' || text.endsWith('\n') ? '' : end;
    return `${text}${apart}upstreams:${end}${lines('  ')}${end}`;
  }
  if (!isNode(upstreams) || !upstreams.range) return undefined;
  const [start, stop] = upstreams.range;
  const last = isMap(upstreams) ? lastValueEnd(upstreams) : undefined;
  if (last === undefined)
    return splice(text, start, stop, end + lines('  ')).replace(/:[ \t]+(\r?\n)(?=  )/, ':$1');
  if ((upstreams as YAMLMap).flow === true)
    return splice(text, last, last, `, ${JSON.stringify(name)}: ${JSON.stringify(upstream)}`);
  const [rest = ''] = /^[^\r\n]*/.exec(text.slice(last)) ?? [];
  const at = text[last - 1] === '\n' ? last - 1 : last + rest.length;
  return splice(text, at, at, end + lines(indentOf(text, upstreams as YAMLMap)));
}

function lastValueEnd({ items }: YAMLMap): number | undefined {
  const pair = items.at(-1);
  const node = isNode(pair?.value) ? pair.value : pair?.key;
  return isNode(node) ? node.range?.[1] : undefined;
}

function indentOf(text: string, { items: [first] }: YAMLMap): string {
  const start = isNode(first?.key) ? (first.key.range?.[0] ?? 0) : 0;
  return ' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1));
}

function readsAs(text: string, wanted: object): boolean {
  const document = parseDocument(text);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), wanted);
}

function parsed(text: string): Document {
  const document = parseDocument(text, { merge: false });
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new BrokenText(text, broken.pos[0], broken.message.replace(/ at line \d[^]*$/, ''));
  return document;
}
