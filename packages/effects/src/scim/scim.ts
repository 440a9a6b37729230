import { parseJson, type JsonValue } from '@countersign/core';
import { excerpt, notUnderstood, understand, type Classification, type Findings } from '../classification.ts';
import { isArray } from '../json-members.ts';
import { isOverride } from '../http/methods.ts';
import { parametersOf } from '../http/request-body.ts';
import { readRequestPath } from '../http/request-path.ts';
import { includeRiskiestFirst } from '../riskiest-first.ts';
import type { ResourceType } from './attributes.ts';
import { MAX_OPERATIONS, ownMember, readAttributes, readOperations } from './changes.ts';
import { endpointOf, type Endpoint } from './endpoint.ts';

export interface ScimRequest {
  readonly method: string;
  /** `/Users/2819c223`, with or without `/scim/v2` before it. */
  readonly path: string;
  readonly body?: JsonValue;
}

/** More than two thousand operations ever need. */
const MAX_BODY = 512 * 1024;

/**
 * What a SCIM 2.0 request (RFC 7644) does to people and groups: who is made, shut out or let in, and whose rights or
 * ways to sign in change. Attributes of schemas that are not the RFC's are not understood.
 *
 * @example classifyScim({ method: 'DELETE', path: '/Groups/1' }).effects // ['delete', 'grant']
 */
export function classifyScim(request: ScimRequest): Classification {
  return readRequest(request, false);
}

function readRequest({ method, path, body }: ScimRequest, isInBulk: boolean): Classification {
  return understand(path, 'SCIM path', (findings) => {
    const what = excerpt(`${method} ${path}`);
    const [, before = '', query = ''] = /^([^?#]*)\??(.*)$/s.exec(path) ?? [];
    const { segments, oddities } = readRequestPath(before);
    for (const why of oddities) findings.unknown(`${why}: ${what}`);
    for (const [name] of parametersOf(query)) {
      if (isOverride(name)) findings.unknown(`another method in a parameter: ${what}`);
    }
    const endpoint = before.startsWith('/') ? endpointOf(segments) : undefined;
    const value = typeof body === 'string' ? parseJson(body, { maxBytes: MAX_BODY }) : body;
    if (endpoint === undefined) findings.unknown(`a path that is none of SCIM's: ${what}`);
    else if (endpoint.kind === 'bulk' && isInBulk) findings.unknown('a bulk in a bulk');
    else readEndpoint(endpoint, { method: method.toUpperCase(), what, query, body: value }, findings);
  });
}

interface Asked {
  readonly method: string;
  readonly what: string;
  readonly query: string;
  readonly body: JsonValue | undefined;
}

function readEndpoint(endpoint: Endpoint, asked: Asked, findings: Findings): void {
  const { method, what, body, query } = asked;
  const isRead = method === 'GET' || (endpoint.kind === 'search' && method === 'POST');
  if (isRead && endpoint.kind !== 'bulk' && (endpoint.kind !== 'search' || method === 'POST')) {
    findings.effect('read', endpoint.kind === 'description' ? what : `${what}: personal data`);
    // A filter on the password tells whether a guess is right.
    const wanted = decodeLoosely(query) + (body === undefined ? '' : JSON.stringify(body));
    if (/password|x509/i.test(wanted))
      findings.effect('secret', `${what}: asks about what people sign in with`);
    if (endpoint.kind === 'resource') touch(endpoint.type, endpoint.id, findings);
  } else if (endpoint.kind === 'bulk' && method === 'POST') readBulk(body, findings);
  else if (endpoint.kind === 'resources' && method === 'POST')
    readCreation(endpoint.type, what, body, findings);
  else if (endpoint.kind === 'resource' && endpoint.isOwn && method === 'POST') {
    readCreation('User', what, body, findings);
  } else if (endpoint.kind === 'resource') readChange(endpoint.type, endpoint.id, asked, findings);
  else findings.unknown(`a method that this path does not have: ${what}`);
}

function readCreation(
  type: ResourceType,
  what: string,
  body: JsonValue | undefined,
  findings: Findings,
): void {
  findings.effect('create', what);
  readAttributes(body, { type, isNew: true }, findings);
}

function readChange(type: ResourceType, id: string, { method, what, body }: Asked, findings: Findings): void {
  touch(type, id, findings);
  switch (method) {
    case 'DELETE':
      findings.effect('delete', what);
      if (type === 'Group') findings.effect('grant', `${what}: its members lose or gain what went by it`);
      break;
    case 'PUT':
      findings.effect('update', `${what}: what is not sent is removed`);
      findings.effect(
        'grant',
        `${what}: ${type === 'Group' ? 'its members are' : 'what gives rights is'} replaced`,
      );
      readAttributes(body, { type, isNew: false }, findings);
      break;
    case 'PATCH':
      findings.effect('update', what);
      readOperations(body, { type, isNew: false }, findings);
      break;
    default:
      findings.unknown(`a method that this path does not have: ${what}`);
  }
}

function readBulk(body: JsonValue | undefined, findings: Findings): void {
  const operations = ownMember(body, 'operations');
  if (!isArray(operations) || operations.length > MAX_OPERATIONS) {
    findings.unknown('a bulk without operations, or with too many');
    return;
  }
  includeRiskiestFirst(
    findings,
    operations.map((operation) => {
      const method = ownMember(operation, 'method');
      const path = ownMember(operation, 'path');
      const data = ownMember(operation, 'data');
      if (typeof method !== 'string' || typeof path !== 'string') {
        return notUnderstood('a bulk operation without method or path');
      }
      return readRequest({ method, path, ...(data === undefined ? {} : { body: data }) }, true);
    }),
  );
}

function touch(type: ResourceType, id: string, findings: Findings): void {
  findings.touch(type === 'User' ? 'user' : 'group', id);
}

function decodeLoosely(query: string): string {
  return parametersOf(query).flat().join(' ');
}
