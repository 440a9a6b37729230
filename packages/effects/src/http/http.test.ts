import type { JsonValue } from '@countersign/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdAgainstCases } from '../testing-cases.ts';
import { classifyGraphql } from './graphql.ts';
import { classifyHttp, type HttpOptions } from './http.ts';

holdAgainstCases('http', classifyHttp);

const options: HttpOptions = {
  domains: ['example.com'],
  base: 'https://api.example.com/v1',
  effects: [{ method: 'POST', path: '/search', effects: ['read'] }],
  openapi: {
    openapi: '3.1.0',
    paths: { '/users/{id}': { get: {}, delete: { 'x-effects': ['delete', 'grant'] } } },
  },
};
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'delete', 'TRACE', '');
const path = fc.oneof(
  fc.constantFrom(
    '/search',
    '/users/1',
    '/users/%2e%2e',
    '/users/1/',
    '/$batch',
    '/token',
    '/a;b',
    '//a',
    '/graphql',
  ),
  fc.webPath(),
);
const headers = fc.dictionary(
  fc.constantFrom('X-HTTP-Method-Override', 'x-original-url', 'Authorization', 'Content-Type', 'Host', 'a b'),
  fc.oneof(method, fc.string(), fc.constant('application/graphql')),
);
const body = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('_method=DELETE', '{a}', 'mutation{a}', '"""', '{"query":"{a}"}'),
  fc.jsonValue().map((value) => value as JsonValue),
);

describe('classifyHttp', () => {
  it('never throws and is always the network', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), headers, body, (verb, url, head, sent) => {
        const request = { method: verb, url, headers: head, body: sent };
        expect(classifyHttp(request, options).effects).toContain('network');
        expect(classifyHttp(request).effects).toContain('network');
      }),
    );
  });

  it('is never lowered by headers or a body', () => {
    fc.assert(
      fc.property(method, path, headers, body, (verb, where, head, sent) => {
        fc.pre(where !== '/graphql');
        const request = { method: verb, url: `https://api.example.com/v1${where}` };
        const bare = classifyHttp(request, options);
        const whole = classifyHttp({ ...request, headers: head, body: sent }, options);
        expect(whole.effects).toEqual(expect.arrayContaining([...bare.effects]));
        expect(whole.outward || !bare.outward).toBe(true);
        expect(bare.understood || !whole.understood).toBe(true);
      }),
    );
  });

  it('reads two GraphQL documents as what both do', () => {
    const document = fc.constantFrom(
      '{a}',
      'query A($a:[I!]={b:"}"}){a}',
      'mutation{a}',
      'fragment F on T{a}',
      '#{\n',
      '"',
      '}',
    );
    fc.assert(
      fc.property(document, document, (first, second) => {
        const whole = classifyGraphql(`${first}\n${second}`);
        for (const part of [first, second].filter((each) => !/^(?:#|fragment)/.test(each))) {
          expect(whole.effects).toEqual(expect.arrayContaining([...classifyGraphql(part).effects]));
        }
      }),
    );
  });

  it.each<[string, JsonValue]>([
    [`/graphql`, `{"query":"${'{'.repeat(60_000)}"}`],
    [`/graphql`, `{"query":"${'\\"\\"\\"\\\\'.repeat(7000)}"}`],
    [`/graphql`, ','.repeat(1_000_000)],
    [`/a`, 'a=&'.repeat(330_000)],
    [`/a`, `{${'#'.repeat(1_000_000)}`],
    [`/${'a'.repeat(60_000)}`, '['.repeat(1_000_000)],
    [`/${'-a'.repeat(30_000)}`, null],
    [`/users${'/{id}'.repeat(10_000)}`, null],
    [`/?${'a&'.repeat(30_000)}`, null],
  ])('answers what is made to be slow: %#', (url, sent) => {
    expect(classifyHttp({ method: 'POST', url, body: sent }, options).effects.length).toBeGreaterThan(0);
  });
});
