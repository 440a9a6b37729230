import { parseJson, type JsonValue } from '@countersign/core';
import { MAX_INPUT, notUnderstood, type Classification } from '../classification.ts';
import { classifyGraphql, looksLikeGraphql } from './graphql.ts';
import { isArray, isObject, member, textOf } from '../json-members.ts';
import { isOverride } from './methods.ts';

/** A body as a server may read it: JSON, or the parameters of a form, or only text. */
export interface RequestBody {
  readonly value: JsonValue | undefined;
  readonly text: string | undefined;
  readonly parameters: readonly (readonly [string, string])[];
  /** Why servers may read it differently. */
  readonly oddity?: string;
}

/** How many operations of one request are read. */
const MAX_OPERATIONS = 100;

export function readBody(body: JsonValue | undefined): RequestBody {
  if (typeof body !== 'string') return { value: body, text: undefined, parameters: [] };
  const value = jsonIn(body);
  const isForm = /^[^{["<\s=&]*=/.test(body);
  const base = {
    value,
    text: body,
    parameters: isForm && body.length <= MAX_INPUT ? parametersOf(body) : [],
  };
  if (isForm && body.length > MAX_INPUT) return { ...base, oddity: 'a form that is too long to read' };
  // Duplicate members and the like: what this parser refuses, another one reads in its own way.
  if (value === undefined && /^\s*[{[]/.test(body))
    return { ...base, oddity: 'a body that is not quite JSON' };
  return base;
}

/** The parameters of a query string or form. */
export function parametersOf(text: string): [string, string][] {
  return text.split(/[&;]/).map((each) => {
    const at = each.indexOf('=');
    return at < 0 ? [decoded(each), ''] : [decoded(each.slice(0, at)), decoded(each.slice(at + 1))];
  });
}

/** Methods that the body puts in place of the request's own. */
export function methodsInBody({ value, text, parameters }: RequestBody): string[] {
  const members = isObject(value) ? Object.entries(value) : [];
  const found = [...members, ...parameters].filter(([name]) => isOverride(name));
  const methods = found.map(([, method]) => (typeof method === 'string' ? method : 'of no text'));
  // A form in parts is not taken apart here.
  return /name="?(?:_method|x-http-method)/i.test(text ?? '') ? [...methods, 'in a form of parts'] : methods;
}

/** What the GraphQL in a request does; empty when there is none. A GraphQL endpoint runs nothing else. */
export function graphqlIn(
  body: RequestBody,
  parameters: readonly (readonly [string, string])[],
  isGraphqlText: boolean,
  isEndpoint: boolean,
): Classification[] {
  const parts = [...parameters, ...body.parameters]
    .filter(([name, value]) => name === 'query' && (isEndpoint || looksLikeGraphql(value)))
    .map(([, value]) => classifyGraphql(value));
  if (isGraphqlText && body.text !== undefined) return [...parts, classifyGraphql(body.text)];
  const operations = isArray(body.value) ? body.value : body.value === undefined ? [] : [body.value];
  if (operations.length > MAX_OPERATIONS) return [notUnderstood('more GraphQL operations than are read')];
  for (const operation of operations) {
    const query = textOf(operation, 'query');
    if (query !== undefined && (isEndpoint || looksLikeGraphql(query))) parts.push(classifyGraphql(query));
    else if (isEndpoint) parts.push(notUnderstood('GraphQL that is stored on the server'));
    // Of two documents in one request, servers run the one or the other.
    if (isEndpoint && member(operation, 'extensions') !== undefined) {
      parts.push(notUnderstood('GraphQL with extensions'));
    }
  }
  return isEndpoint && parts.length === 0 ? [notUnderstood('GraphQL without an operation')] : parts;
}

function jsonIn(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
