import type { JsonValue } from '@countersign/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Classification } from '../classification.ts';
import { holdAgainstCases } from '../testing-cases.ts';
import { classifyScim } from './scim.ts';

holdAgainstCases('scim', classifyScim);

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => value as JsonValue);
const path = fc.constantFrom(
  '/Users',
  '/Users/1',
  '/Groups',
  '/Groups/1',
  '/Me',
  '/.search',
  '/Schemas',
  '/X',
  '/Users/%2e',
);
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'x');
const attribute = fc.constantFrom(
  'active',
  'members',
  'userName',
  'title',
  'password',
  'urn:a:b',
  'name.givenName',
  'a b',
);
const body = fc.oneof(
  json,
  fc.dictionary(attribute, json).map((value) => value as JsonValue),
  fc
    .array(fc.record({ op: fc.constantFrom('Add', 'replace', 'remove', 'x'), path: attribute, value: json }))
    .map((Operations) => ({ Operations })),
);

function expectAtLeast(whole: Classification, part: Classification): void {
  expect(whole.effects).toEqual(expect.arrayContaining([...part.effects]));
  expect(whole.outward || !part.outward).toBe(true);
  expect(part.understood || !whole.understood).toBe(true);
}

describe('classifyScim', () => {
  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(method, fc.string()),
        fc.oneof(path, fc.string({ unit: 'binary' })),
        body,
        (m, p, b) => {
          expect(classifyScim({ method: m, path: p, body: b }).effects.length).toBeGreaterThan(0);
          expect(classifyScim({ method: m, path: `/Users/1?${p}`, body: p }).effects.length).toBeGreaterThan(
            0,
          );
        },
      ),
    );
  });

  it('has for a bulk every effect of its operations', () => {
    const operation = fc.record({ method, path, data: body });
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 4 }), (operations) => {
        const whole = classifyScim({ method: 'POST', path: '/Bulk', body: { Operations: operations } });
        for (const { data, ...rest } of operations) {
          expectAtLeast(whole, classifyScim({ ...rest, body: data }));
        }
      }),
    );
  });

  it('has for a patch every effect of its operations', () => {
    const operation = fc
      .record({ op: fc.constantFrom('Add', 'replace', 'remove'), path: attribute, value: json })
      .map((value) => value as JsonValue);
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('Users', 'Groups'),
        (all, of) => {
          const patch = (operations: readonly JsonValue[]): Classification =>
            classifyScim({ method: 'PATCH', path: `/${of}/1`, body: { Operations: operations } });
          for (const each of all) expectAtLeast(patch(all), patch([each]));
        },
      ),
    );
  });

  it.each<[string, string, string]>([
    ['PATCH', '/Users/1', `{"Operations":[${'{},'.repeat(300_000)}{}]}`],
    ['PATCH', '/Users/1', `{"Operations":[{"op":"add","path":"a[${'\\"\\\\\\"'.repeat(100_000)}"}]}`],
    ['PATCH', '/Users/1', `{"Operations":[{"op":"add","path":"${'a.'.repeat(400_000)}"}]}`],
    ['POST', '/Bulk', `{"Operations":[${'{"method":"GET","path":"/Users/1"},'.repeat(25_000)}{}]}`],
    ['POST', '/Users', `{${Array.from({ length: 70_000 }, (_, i) => `"a${i}":1`).join(',')}}`],
    ['GET', `/Users?${'a&'.repeat(30_000)}`, 'null'],
  ])('answers what is made to be slow: %s %#', (verb, where, sent) => {
    expect(classifyScim({ method: verb, path: where, body: sent }).effects.length).toBeGreaterThan(0);
  });
});
