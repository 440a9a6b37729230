import type { JsonValue } from '@countersign/core';
import { notUnderstood, type Classification } from '../classification.ts';
import { isArray, isObject, member, textOf } from '../json-members.ts';
import { classifyGraphql, looksLikeGraphql } from './graphql.ts';
import type { RequestBody } from './request-body.ts';

type Parameters = readonly (readonly [string, string])[];

/** How many operations of one request are read. */
const MAX_OPERATIONS = 100;

/** Names of what chooses a document that is stored on the server. */
const STORED = /^(?:extensions|(?:doc|document|query|operation)_?(?:id|hash)|hash|id)$/i;
const MEANT = /^(?:query|operationname|variables|extensions|(?:doc|document|query|operation)_?(?:id|hash))$/i;

/** Whether a request is meant for a GraphQL server, by its path, or below such a path by what it brings. */
export function isGraphqlEndpoint(
  segments: readonly string[],
  body: RequestBody,
  parameters: Parameters,
): boolean {
  const names = segments.filter((segment) => segment !== '').map((segment) => segment.toLowerCase());
  const isNamed = (name: string | undefined): boolean => /^(?:graphql|gql)(?:\.\w+)?$/.test(name ?? '');
  if (isNamed(names.at(-1))) return true;
  const first = isArray(body.value) ? body.value[0] : body.value;
  const brought = [...(isObject(first) ? Object.keys(first) : []), ...parameters.map(([name]) => name)];
  return names.some(isNamed) && brought.some((name) => MEANT.test(name));
}

/** What the GraphQL in a request does; empty when there is none. A GraphQL endpoint runs nothing else. */
export function graphqlIn(
  body: RequestBody,
  parameters: Parameters,
  isGraphqlText: boolean,
  isEndpoint: boolean,
): Classification[] {
  const given = [...parameters, ...body.parameters];
  const parts = given
    .filter(([name, value]) => /^\s*query(?:\[.*)?$/is.test(name) && (isEndpoint || looksLikeGraphql(value)))
    .map(([, value]) => classifyGraphql(value));
  if (given.some(([name, value]) => isStored(name, value, isEndpoint))) parts.push(stored());
  if (isGraphqlText && body.text !== undefined) return [...parts, classifyGraphql(body.text)];
  const operations = isArray(body.value) ? body.value : body.value === undefined ? [] : [body.value];
  if (operations.length > MAX_OPERATIONS) return [notUnderstood('more GraphQL operations than are read')];
  for (const operation of operations) parts.push(...partsOf(operation, isEndpoint));
  return isEndpoint && parts.length === 0 ? [notUnderstood('GraphQL without an operation')] : parts;
}

function partsOf(operation: JsonValue, isEndpoint: boolean): Classification[] {
  const parts: Classification[] = [];
  const query = textOf(operation, 'query');
  if (query !== undefined && (isEndpoint || looksLikeGraphql(query))) parts.push(classifyGraphql(query));
  else if (isEndpoint) parts.push(stored());
  // Of two documents in one request, servers run the one or the other.
  const members = isObject(operation) ? Object.entries(operation) : [];
  if (members.some(([name, value]) => isStored(name, value, isEndpoint))) parts.push(stored());
  return parts;
}

function isStored(name: string, value: JsonValue, isEndpoint: boolean): boolean {
  if (value === null || value === '') return false;
  if (isEndpoint) return STORED.test(name);
  if (name !== 'extensions') return false;
  return typeof value === 'string'
    ? value.includes('persistedQuery')
    : member(value, 'persistedQuery') !== undefined;
}

function stored(): Classification {
  return notUnderstood('GraphQL that is stored on the server');
}
