import { EFFECTS, type Effect, type JsonObject, type JsonValue } from '@countersign/core';
import { isArray, isObject, itemsOf, member, membersOf, textOf } from '../json-members.ts';
import { fitOf, leniently } from './request-path.ts';

/** A reviewed statement of what one kind of request does. */
export interface RequestRule {
  /** `*` is every method. */
  readonly method: string;
  /** `/users/{id}`, as in OpenAPI. */
  readonly path: string;
  /** Exactly these, besides the network. */
  readonly effects: readonly Effect[];
  readonly outward?: boolean;
}

/** What is said of a request: its effects, or that they are the method's, or why they cannot be told. */
export type Said =
  | { readonly kind: 'effects'; readonly effects: readonly Effect[]; readonly outward: boolean }
  | { readonly kind: 'method' }
  | { readonly kind: 'unknown'; readonly why: string };

/** What the most concrete rules say of a request; several of which none is more concrete count together. */
export function ruled(
  rules: readonly RequestRule[],
  method: string,
  segments: readonly string[],
): Said | undefined {
  const own = mostConcrete(rulesFor(rules, method), (rule) => rule.path, segments);
  // Servers answer HEAD by what they do for GET.
  const isHead = own.length === 0 && method.toUpperCase() === 'HEAD';
  const best = isHead ? mostConcrete(rulesFor(rules, 'GET'), (rule) => rule.path, segments) : own;
  if (best.length === 0) return undefined;
  return {
    kind: 'effects',
    effects: best.flatMap((rule) => rule.effects),
    outward: best.some((rule) => rule.outward === true),
  };
}

function rulesFor(rules: readonly RequestRule[], method: string): readonly RequestRule[] {
  return rules.filter((rule) => rule.method === '*' || rule.method.toUpperCase() === method.toUpperCase());
}

/** What rules and document say of a request that a lenient server takes for one that they are about. */
export function saidLeniently(
  rules: readonly RequestRule[],
  document: JsonObject | undefined,
  method: string,
  segments: readonly string[],
): readonly Said[] {
  const names = leniently(segments);
  const rule = ruled(
    rules.map((each) => ({ ...each, path: inLowerCase(each.path) })),
    method,
    names,
  );
  if (rule !== undefined) return [rule];
  const templates = templatesIn(document);
  return mostConcrete(templates, ([template]) => inLowerCase(template), names)
    .map(([, item]) => ofPathItem(resolved(document, item), method))
    .filter((said) => said.kind === 'effects');
}

/** A template in lower case and without a slash at its end; names in braces say nothing. */
function inLowerCase(template: string): string {
  return template.toLowerCase().replace(/(?<=.)\/$/, '');
}

/** What an OpenAPI document says of a request. A path or method that is not in it is not understood. */
export function documented(document: JsonObject, method: string, segments: readonly string[]): Said[] {
  if (!/^3\.[01]\.\d+$/.test(textOf(document, 'openapi') ?? '')) {
    return [{ kind: 'unknown', why: 'a document that is not OpenAPI 3.0 or 3.1' }];
  }
  const best = mostConcrete(templatesIn(document), ([template]) => template, segments);
  if (best.length === 0) return [{ kind: 'unknown', why: 'a path that is not documented' }];
  return best.map(([, item]) => ofPathItem(resolved(document, item), method));
}

/** Where the document says that its paths begin. */
export function serversOf(document: JsonObject | undefined): readonly string[] {
  return itemsOf(document, 'servers').flatMap((server) => {
    const url = textOf(server, 'url');
    return url === undefined || url.includes('{') ? [] : [url];
  });
}

function templatesIn(document: JsonObject | undefined): readonly [string, JsonValue][] {
  return membersOf(document, 'paths').filter(([template]) => template.startsWith('/'));
}

function ofPathItem(item: JsonValue | undefined, method: string): Said {
  const operation = member(item, method.toLowerCase());
  if (!/^(?:get|put|post|delete|options|head|patch)$/i.test(method) || !isObject(operation)) {
    return { kind: 'unknown', why: 'a method that is not documented for this path' };
  }
  // Another server may stand behind this path alone: the document would be about somebody else.
  if (member(item, 'servers') !== undefined || member(operation, 'servers') !== undefined) {
    return { kind: 'unknown', why: 'a path with servers of its own' };
  }
  const effects = member(operation, 'x-effects');
  if (effects === undefined) return { kind: 'method' };
  if (!isArray(effects) || effects.length === 0 || !effects.every(isEffect)) {
    return { kind: 'unknown', why: 'x-effects that are no effects' };
  }
  return { kind: 'effects', effects, outward: member(operation, 'x-outward') === true };
}

function isEffect(value: JsonValue): value is Effect {
  return EFFECTS.some((effect) => effect === value);
}

/** A path item may be a reference into the same document, once. */
function resolved(document: JsonObject | undefined, item: JsonValue): JsonValue | undefined {
  const reference = textOf(item, '$ref');
  if (reference === undefined) return item;
  const name = /^#\/components\/pathItems\/([\w.-]+)$/.exec(reference)?.[1];
  const items = member(member(document, 'components'), 'pathItems');
  return name === undefined ? undefined : member(items, name);
}

/**
 * The candidates that fit and that no other is more concrete than in every segment: which of `/a/{x}` and `/{x}/b` a
 * server takes for `/a/b` is its own affair.
 */
function mostConcrete<T>(
  candidates: readonly T[],
  templateOf: (candidate: T) => string,
  segments: readonly string[],
): T[] {
  const fitting = candidates.flatMap((candidate) => {
    const fit = fitOf(templateOf(candidate), segments);
    return fit === undefined ? [] : [{ candidate, fit }];
  });
  const fits = [...new Set(fitting.map(({ fit }) => fit))];
  const best = new Set(fits.filter((fit) => !fits.some((other) => isMoreConcrete(other, fit))));
  return fitting.filter(({ fit }) => best.has(fit)).map(({ candidate }) => candidate);
}

function isMoreConcrete(fit: string, other: string): boolean {
  return fit !== other && Array.from(fit).every((digit, index) => digit <= (other[index] ?? ''));
}
