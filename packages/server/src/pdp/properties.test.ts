import { join } from 'node:path';
import type { JsonObject, JsonValue } from '@countersign/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findReservedKey } from './cedar-value.ts';
import { entityType, typeNameOf } from './cedar-name.ts';
import { authorize } from './cedar.ts';
import { cedarQuestion, placedScope } from './entities.ts';
import { factsOf } from './facts.ts';
import { readEntities } from './known-entities.ts';
import type { LookedAt } from './looked-at.ts';
import { readPolicySet } from './policy-set.ts';
import { PolicySlices } from './policy-slices.ts';
import { filesOf, POLICIES, question, setOf, textsIn } from './testing.ts';

const upstreams = [{ name: 'fs', catalog: 'filesystem' }];
const catalog = textsIn(join(POLICIES, 'catalog'), '.yaml');
const json = fc.jsonValue({ maxDepth: 4 }).map((value) => value as JsonValue);
const object = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'effects')),
  json,
);

test('no arguments, context or properties change the answer of policies that look at none of them', () => {
  const decide = setOf(textsIn(POLICIES, '.cedar'), { catalog, upstreams });
  fc.assert(
    fc.property(object, object, object, fc.boolean(), (args, context, properties, overlay) => {
      const plain = question({ resource: { type: 'tool', id: 'fs/unknown' } });
      const full = question(
        {
          subject: { type: 'identity', id: 'agt_1', properties },
          action: { name: 'tools/call', properties: { arguments: args } },
          resource: { type: 'tool', id: 'fs/unknown', properties },
          context,
        },
        { overlay },
      );
      fc.pre(findReservedKey(full.evaluation as unknown as JsonObject) === undefined);
      expect(decide(full)).toEqual(decide(plain));
    }),
  );
});

test('never throws, also where policies look at everything', () => {
  const text =
    '@id("a") permit (principal, action, resource) when { context.action == context.request || principal.x };';
  const decide = setOf({ 'a.cedar': text });
  fc.assert(
    fc.property(json, json, fc.string(), fc.string(), (a, b, type, id) => {
      const evaluation = {
        subject: { type, id, properties: a as JsonObject },
        action: { name: id, properties: a as JsonObject },
        resource: { type: id, id: type, properties: b as JsonObject },
        context: b as JsonObject,
      };
      expect(['permit', 'forbid', 'indeterminate']).toContain(
        decide(question(evaluation, { overlay: true })).kind,
      );
    }),
  );
});

test('two type names never share an entity type, and the way back is exact', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'in',
      'a::b',
      'a::in',
      '__cedar',
      'escaped::t_3a_',
      'escaped::tx',
      'escaped::',
      'a_b',
      'a b',
    ),
  );
  fc.assert(
    fc.property(name, (typeName) => {
      expect(typeNameOf(entityType(typeName))).toBe(typeName);
    }),
  );
});

const EVERYTHING: LookedAt = {
  context: new Map((['agent', 'action', 'request', 'session'] as const).map((member) => [member, 'all'])),
  attributes: new Map(
    'name owner status groups effects labels outward reviewed y z'.split(' ').map((name) => [name, 'all']),
  ),
  hierarchy: true,
  tested: false,
};

// The slices may leave out only policies that cannot apply.
test('a slice answers as the whole set does', () => {
  const heads = [
    'principal, action, resource',
    'principal is user, action, resource',
    'principal == user::"1", action == Action::"a", resource',
    'principal, action in [Action::"a", Action::"b"], resource is tool',
    'principal, action in Action::"b", resource in mcp_server::"fs"',
    'principal, action, resource == record::"1"',
    'principal in user::"1", action, resource is record in mcp_server::"fs"',
    'principal in team::"a", action == Action::"a", resource',
    'principal is user in org::"o", action, resource',
    'principal is robot in org::"o", action, resource in shelf::"s"',
    'principal, action, resource is record in shelf::"s"',
    'principal == user::"2", action == Action::"b", resource == record::"1"',
    'principal is agent, action, resource is tool in shelf::"s"',
  ];
  const bodies = [
    '',
    'when { context.action has x }',
    'when { context.action.x > 0 }',
    'when { context.request has a && context.request.a.b == 1 }',
    'when { context.request has a.b.c }',
    'unless { context.request.a has b }',
    'when { context.request == {a: {b: 1}} || context.request["a"] == {b: 2} }',
    'when { (if context has request then context.request else context.action) has d }',
    'when { context["request"].d like "x*" && !(context.request has __proto__) }',
    'when { context.session.labels.contains("l") || context.request.a.b.c }',
    'when { principal.y }',
    'when { principal has y.z || resource has owner }',
    'when { context.agent.status == "active" && resource.reviewed }',
    'unless { context has session }',
    'when { {a: context}.a has agent.name }',
    'when { principal in org::"o" }',
    'unless { resource in shelf::"s" || context.agent in org::"o" }',
    'when { principal is user in team::"a" }',
    'when { (if principal has y then context.agent else resource) has effects }',
  ];
  const policy = fc.tuple(
    fc.constantFrom('permit', 'forbid'),
    fc.constantFrom(...heads),
    fc.constantFrom(...bodies),
  );
  const asked = fc.record({
    subject: fc.record({
      type: fc.constantFrom('user', 'agent', 'robot'),
      id: fc.constantFrom('1', '2', 'agt_1'),
      properties: fc.constantFrom({}, { y: { z: 1 } }),
    }),
    action: fc.record({ name: fc.constantFrom('a', 'b', 'c'), properties: fc.constantFrom({}, { x: 1 }) }),
    resource: fc.record({
      type: fc.constantFrom('tool', 'record', 'other'),
      id: fc.constantFrom('fs/1', '1'),
    }),
    context: fc.constantFrom<JsonObject>(
      {},
      { a: 1, agent: 'x' },
      { a: null },
      { a: [] },
      { a: { b: 1 } },
      { a: { b: 1, c: 2 }, d: 'xy' },
      { a: { b: { c: true } }, d: { e: 1.5 } },
      { a: { b: { c: 1.123456 } }, approval: { id: 'apr_1' } },
      JSON.parse('{"__proto__":{"b":1},"d":"x"}') as JsonObject,
    ),
  });
  const names = {
    user: ['1', '2'],
    agent: ['agt_1'],
    team: ['a'],
    org: ['o'],
    record: ['1', '2'],
    shelf: ['s'],
    tool: ['fs/1'],
  };
  const named = Object.entries(names).flatMap(([type, ids]) => ids.map((id) => ({ type, id })));
  // Only towards what is named later, so that there is no ring.
  const hierarchy = fc
    .tuple(...named.map((_, i) => fc.subarray(named.slice(i + 1))))
    .map((parents) =>
      named.map((each, i) => ({ ...each, properties: { y: { z: 1 } }, parents: parents[i] })),
    );
  fc.assert(
    fc.property(
      fc.array(policy, { minLength: 1, maxLength: 6 }),
      asked,
      hierarchy,
      (parts, evaluation, file) => {
        const [entities] = filesOf({ 'entities.json': JSON.stringify(file) });
        const known = readEntities(entities);
        const text = parts
          .map(([effect, head, body], i) => `@id("p${i}") ${effect} (${head}) ${body};`)
          .join('\n');
        const slices = new PolicySlices(readPolicySet(filesOf({ 'a.cedar': text })));
        const facts = factsOf(evaluation, new Map());
        const scope = placedScope(evaluation, known);
        const put = question(evaluation, { overlay: true });
        const slice = slices.of(scope);
        const sliced = authorize(slice.setId, cedarQuestion(put, scope, facts, slice.lookedAt, known));
        const whole = authorize(slices.whole.setId, cedarQuestion(put, scope, facts, EVERYTHING, known));
        slices.drop();
        expect(ordered(sliced)).toEqual(ordered(whole));
      },
    ),
    { numRuns: 2000 },
  );
});

function ordered(answer: ReturnType<typeof authorize>): unknown {
  if (answer.kind === 'broken') return answer.kind;
  return { kind: answer.kind, determining: [...answer.determining].sort() };
}
