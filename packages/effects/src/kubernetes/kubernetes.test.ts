import type { JsonObject, JsonValue } from '@countersign/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Classification } from '../classification.ts';
import { holdAgainstCases } from '../testing-cases.ts';
import { classifyKubernetes } from './kubernetes.ts';

holdAgainstCases('kubernetes', classifyKubernetes);

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => value as JsonValue);
const verb = fc.constantFrom(
  'get',
  'create',
  'apply',
  'update',
  'patch',
  'delete',
  'exec',
  'impersonate',
  'x',
);
const spec = fc.constantFrom<JsonValue>(
  {},
  { type: 'LoadBalancer' },
  { template: { spec: { containers: [{ image: 'a', securityContext: { privileged: true } }] } } },
  { hostPID: true, volumes: [{ hostPath: { path: '/var/run/docker.sock' } }] },
);
const object: fc.Arbitrary<JsonObject> = fc
  .record({
    apiVersion: fc.constantFrom('v1', 'apps/v1', 'rbac.authorization.k8s.io/v1', 'evil.test/v1'),
    kind: fc.constantFrom('Pod', 'Deployment', 'Secret', 'Role', 'Service', 'ConfigMap', 'Namespace'),
    metadata: fc.record({ name: fc.string(), namespace: fc.constantFrom('a', 'kube-system') }),
    spec,
  })
  .map((value) => value as JsonObject);

function expectAtLeast(whole: Classification, part: Classification): void {
  expect(whole.effects).toEqual(expect.arrayContaining([...part.effects]));
  expect(whole.outward || !part.outward).toBe(true);
  expect(part.understood || !whole.understood).toBe(true);
}

describe('classifyKubernetes', () => {
  it('never throws', () => {
    fc.assert(
      fc.property(
        verb,
        fc.oneof(json, fc.string()),
        fc.string(),
        fc.string(),
        (each, manifest, resource, sub) => {
          expect(classifyKubernetes({ verb: each, manifest }).effects.length).toBeGreaterThan(0);
          expect(
            classifyKubernetes({ verb: each, manifest, resource, subresource: sub, namespace: sub }).effects
              .length,
          ).toBeGreaterThan(0);
          expect(
            classifyKubernetes({
              verb: resource,
              manifest: { kind: 'List', apiVersion: 'v1', items: manifest },
            }).effects.length,
          ).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('has for a list every effect of its items, also of lists in it', () => {
    fc.assert(
      fc.property(verb, fc.array(object, { minLength: 1, maxLength: 4 }), fc.nat(), (each, items, at) => {
        const inner = { apiVersion: 'v1', kind: 'List', items: items.slice(at % items.length) };
        const list = { apiVersion: 'v1', kind: 'List', items: [...items.slice(0, at % items.length), inner] };
        const whole = classifyKubernetes({ verb: each, manifest: list });
        for (const item of items) expectAtLeast(whole, classifyKubernetes({ verb: each, manifest: item }));
      }),
    );
  });

  it('has for a manifest every effect of the call without it', () => {
    fc.assert(
      fc.property(
        verb,
        object,
        fc.constantFrom('pods', 'secrets', 'pods/exec', 'x.y'),
        (each, manifest, resource) => {
          const whole = classifyKubernetes({ verb: each, manifest, resource });
          expectAtLeast(whole, classifyKubernetes({ verb: each, resource }));
          if (each !== 'patch') expectAtLeast(whole, classifyKubernetes({ verb: each, manifest }));
        },
      ),
    );
  });

  it.each<[string, string]>([
    ['objects', `[${'{},'.repeat(300_000)}{}]`],
    [
      'members',
      `{"apiVersion":"v1","kind":"Pod","metadata":{},"a":[${'{"privileged":1},'.repeat(60_000)}1]}`,
    ],
    ['lists', '{"kind":"List","items":['.repeat(40_000)],
    ['names', `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${'a'.repeat(900_000)}"}}`],
  ])('answers what is made to be slow: %s', (_, manifest) => {
    for (const each of ['apply', 'patch']) {
      expect(classifyKubernetes({ verb: each, resource: 'pods', manifest }).effects.length).toBeGreaterThan(
        0,
      );
    }
  });
});
