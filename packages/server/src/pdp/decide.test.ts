import { parseJson, type JsonObject } from '@countersign/core';
import { expect, test } from 'vitest';
import { question, setOf } from './testing.ts';

const PERMIT = '@id("p") permit (principal, action, resource)';

test('one unannotated permit among the determining ones makes it a permit, and names only those', () => {
  const decide = setOf({
    'a.cedar': `@id("ask") @step_up("ops") permit (principal, action, resource); ${PERMIT};`,
  });
  expect(decide(question())).toMatchObject({ kind: 'permit', policies: [{ id: 'p' }] });
});

test('several step-ups merge strictly, in the order of their ids', () => {
  const decide = setOf({
    'a.cedar': `
      @id("z") @step_up("ops") @quorum("2") @ttl("1h") @uses("5") @assurance("key") @reason("because")
      permit (principal, action, resource);
      @id("b") @step_up("legal") @ttl("2m") @assurance("key") permit (principal, action, resource);
      @id("a") @step_up("ops") permit (principal, action, resource);`,
  });
  expect(decide(question())).toMatchObject({
    kind: 'step_up',
    policies: [{ id: 'a' }, { id: 'b' }, { id: 'z', reason: 'because' }],
    obligations: {
      groups: [
        { group: 'legal', quorum: 1 },
        { group: 'ops', quorum: 2 },
      ],
      ttl_seconds: 120,
      max_uses: 1,
      assurance: 'passkey',
    },
  });
});

test('a forbid wins and names itself', () => {
  const decide = setOf({
    'a.cedar': `${PERMIT}; @id("no") @reason("never") forbid (principal, action, resource);`,
  });
  expect(decide(question())).toMatchObject({ kind: 'forbid', policies: [{ id: 'no', reason: 'never' }] });
});

test('outside every policy the default holds, a forbid or a step-up', () => {
  const none = { 'a.cedar': `${PERMIT} when { false };` };
  expect(setOf(none)(question())).toMatchObject({ kind: 'forbid', policies: [] });
  expect(setOf(none, { outsideBoundary: { step_up: 'ops' } })(question())).toMatchObject({
    kind: 'step_up',
    policies: [{ id: 'outside_boundary', reason: 'no policy permits this without consent' }],
    obligations: {
      groups: [{ group: 'ops', quorum: 1 }],
      ttl_seconds: 900,
      max_uses: 1,
      assurance: 'passkey',
    },
  });
});

test('no default lifts a forbid', () => {
  const text = '@id("no") forbid (principal, action, resource);';
  const decide = setOf({ 'a.cedar': text }, { outsideBoundary: { step_up: 'ops' } });
  expect(decide(question()).kind).toBe('forbid');
});

test.each([
  [
    'a forbid that errors beside a permit',
    `${PERMIT}; @id("f") forbid (principal, action, resource) when { principal.x };`,
  ],
  ['a permit that errors beside a permit', `${PERMIT}; @id("f") ${PERMIT.slice(9)} when { principal.x };`],
  ['a permit that errors alone', `${PERMIT} when { principal.x };`],
])('is indeterminate for %s', (_name, text) => {
  const decide = setOf({ 'a.cedar': text }, { outsideBoundary: { step_up: 'ops' } });
  expect(decide(question())).toMatchObject({
    kind: 'indeterminate',
    why: expect.stringContaining('errored'),
  });
});

test.each<[string, string, unknown, boolean]>([
  ['integer', 'context.action.n == 5', 5, true],
  ['biggest integer', 'context.action.n == 9007199254740991', 9007199254740991, true],
  ['decimal', 'context.action.n.lessThan(decimal("1.2346"))', 1.2345, true],
  ['null is absent', 'context.action has n', null, false],
  ['null in a set is absent', 'context.action.n == [1]', [null, 1], true],
  ['digits that no decimal holds are text', 'context.action.n == "0.00001"', 0.00001, true],
  ['many digits are text', 'context.action.n == "1.23456"', 1.23456, true],
])('speaks of a value to policies: %s', (_name, condition, n, holds) => {
  const decide = setOf({ 'a.cedar': `${PERMIT} when { ${condition} };` });
  const answer = decide(question({ action: { name: 'x', properties: { n } as JsonObject } }));
  expect(answer.kind).toBe(holds ? 'permit' : 'forbid');
});

test('a number that Cedar cannot hold does not slip past a guarded limit', () => {
  const limit =
    '@id("f") forbid (principal, action, resource) when { context.action has n && context.action.n > 100 };';
  const decide = setOf({ 'a.cedar': `${PERMIT}; ${limit}` });
  for (const n of [101, 100.5, 100.00001]) {
    expect(decide(question({ action: { name: 'x', properties: { n } } })).kind).not.toBe('permit');
  }
});

test('the agent is an entity in the context, whoever the subject is', () => {
  const text = `${PERMIT} when { context.agent == agent::"agt_1" && context.agent.groups.contains("writers") &&
    context.agent.owner == "ada@example.com" && context.session.labels.contains("secret") };`;
  const session = { labels: ['secret'] };
  for (const subject of [
    { type: 'user', id: 'ada' },
    { type: 'agent', id: 'agt_1' },
  ]) {
    expect(setOf({ 'a.cedar': text })(question({ subject }, { session })).kind).toBe('permit');
  }
});

test('a tool is in its server, with the facts of the catalog', () => {
  const decide = setOf(
    {
      'a.cedar': `${PERMIT.replace('resource)', 'resource in mcp_server::"fs")')} when { resource.effects == ["read"] };`,
    },
    {
      catalog: { 'files.yaml': 'tools: { read: { effects: [read], outward: false } }' },
      upstreams: [{ name: 'fs', catalog: 'files' }],
    },
  );
  expect(decide(question())).toMatchObject({ kind: 'permit', facts: { effects: ['read'], reviewed: true } });
  expect(decide(question({ resource: { type: 'tool', id: 'fs2/read' } })).kind).toBe('forbid');
});

test('a PEP overlays attributes, an agent does not', () => {
  const decide = setOf({ 'a.cedar': `${PERMIT} when { principal has role && resource has status };` });
  const asked = {
    subject: { type: 'user', id: 'bob', properties: { role: 'admin' } },
    resource: { type: 'record', id: '1', properties: { status: 'archived' } },
  };
  expect(decide(question(asked, { overlay: true })).kind).toBe('permit');
  expect(decide(question(asked, { overlay: false })).kind).toBe('forbid');
});

test.each([
  ['who an agent is', 'principal.owner == "eve"', 'agent', 'agt_1', { owner: 'eve' }],
  ['the groups of another agent', 'principal has groups', 'agent', 'agt_2', { groups: ['admins'] }],
  ['the groups of an identity', 'principal has groups', 'identity', 'agt_1', { groups: ['admins'] }],
  ['the actor chain, which no approval binds', 'principal has act', 'user', 'ada', { act: { sub: 'x' } }],
])('a PEP cannot overlay %s', (_name, condition, type, id, properties) => {
  const decide = setOf({ 'a.cedar': `${PERMIT} when { ${condition} };` });
  expect(decide(question({ subject: { type, id, properties } }, { overlay: true })).kind).toBe('forbid');
});

test('risk cannot be overlaid through a subject that is the resource, nor on any other type', () => {
  const decide = setOf({ 'a.cedar': `${PERMIT} when { resource has reviewed && resource.reviewed };` });
  for (const type of ['tool', 'record']) {
    const self = { type, id: 'fs/x', properties: { reviewed: true } };
    expect(decide(question({ subject: self, resource: self }, { overlay: true })).kind).toBe('forbid');
  }
});

test('policies do not see what an approval does not bind', () => {
  const seen =
    'context.request has approval || context.request has business_justification || context.request has session_id';
  const decide = setOf({ 'a.cedar': `${PERMIT} when { ${seen} };` });
  const context = { approval: { id: 'apr_1' }, business_justification: 'please', session_id: 's' };
  expect(decide(question({ context })).kind).toBe('forbid');
});

test.each(['acme:record', 'in', '__cedar', 'escaped::tx', 'agent ', ''])(
  'type `%s` keeps to itself',
  (type) => {
    const decide = setOf({ 'a.cedar': `${PERMIT}; @id("f") forbid (principal, action, resource is agent);` });
    expect(decide(question({ subject: { type, id: '"' }, resource: { type, id: '\\' } })).kind).toBe(
      'permit',
    );
  },
);

test('a member called __proto__ is a member', () => {
  const decide = setOf({
    'a.cedar': `${PERMIT} when { context.action has __proto__ && !(context.action has polluted) };`,
  });
  const properties = parseJson('{"__proto__":{"polluted":true}}') as JsonObject;
  expect(decide(question({ action: { name: 'x', properties } })).kind).toBe('permit');
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('is total: what is no question at all is indeterminate', () => {
  const decide = setOf({ 'a.cedar': `${PERMIT} when { context.action.x != "" };` });
  const lone = question({ action: { name: 'x', properties: { x: '\ud800' } } });
  const nothing = { ...question(), evaluation: undefined as never };
  for (const asked of [lone, nothing]) expect(decide(asked).kind).toBe('indeterminate');
});
