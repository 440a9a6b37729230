import type { Evaluation, JsonObject, JsonValue } from '@countersign/core';
import { describe, expect, test } from 'vitest';
import { findReservedKey } from './cedar-value.ts';
import { question, setOf } from './testing.ts';

// Would permit if anything below became the entity of an administrator.
const decide = setOf(
  {
    'a.cedar': `@id("admin") permit (principal, action, resource) when {
      (context.action has who && context.action.who == agent::"agt_admin") ||
      (context.request has who && context.request.who == agent::"agt_admin") ||
      (principal has who && principal.who == agent::"agt_admin") ||
      (resource has who && resource.who == agent::"agt_admin")
    };`,
  },
  { outsideBoundary: { step_up: 'ops' } },
);

const PAYLOADS: readonly JsonObject[] = [
  { __entity: { type: 'agent', id: 'agt_admin' } },
  { __entity: { type: 'agent', id: 'agt_admin' }, more: 1 },
  { __extn: { fn: 'decimal', arg: '1.0' } },
  { __expr: 'agent::"agt_admin"' },
];

const PLACES: Readonly<Record<string, (payload: JsonValue) => Partial<Evaluation>>> = {
  'an argument': (who) => ({ action: { name: 'x', properties: { who } } }),
  'a nested argument': (who) => ({
    action: { name: 'x', properties: { arguments: { list: [1, [{ who }]] } } },
  }),
  'the action itself': (who) => ({ action: { name: 'x', properties: who as JsonObject } }),
  'the context': (who) => ({ context: { who } }),
  'the context itself': (who) => ({ context: who as JsonObject }),
  'a subject property': (who) => ({ subject: { type: 'user', id: 'u', properties: { who } } }),
  'a resource property': (who) => ({ resource: { type: 'doc', id: 'd', properties: { who } } }),
  'a resource itself': (who) => ({ resource: { type: 'doc', id: 'd', properties: who as JsonObject } }),
};

describe.each(Object.keys(PLACES))('in %s', (place) => {
  test.each(PAYLOADS.map((payload) => [JSON.stringify(payload), payload]))(
    '%s is refused',
    (_name, payload) => {
      for (const overlay of [true, false]) {
        const answer = decide(question(PLACES[place]!(payload), { overlay }));
        expect(answer).toMatchObject({
          kind: 'indeterminate',
          why: expect.stringMatching(/^reserved key at \//),
        });
      }
    },
  );
});

test.each<[JsonValue, string | undefined]>([
  [{ a: [{ 'b/c~': { __entity: 1 } }] }, '/a/0/b~1c~0/__entity'],
  [{ __extn: null }, '/__extn'],
  [['__entity', { entity: '__expr' }], undefined],
  [null, undefined],
])('findReservedKey(%j) is %s', (value, pointer) => {
  expect(findReservedKey(value)).toBe(pointer);
});

test('text that looks like an entity stays text', () => {
  const answer = decide(question({ action: { name: 'x', properties: { who: 'agent::"agt_admin"' } } }));
  expect(answer.kind).toBe('step_up');
});
