import type { JsonObject } from '@countersign/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { authorize } from './cedar.ts';
import { cedarContext } from './entities.ts';
import { factsOf } from './facts.ts';
import { readEntities } from './known-entities.ts';
import { readPolicySet } from './policy-set.ts';
import { PolicySlices } from './policy-slices.ts';
import { classedContext } from './question-class.ts';
import { QuestionHeads } from './question-head.ts';
import { filesOf, question } from './testing.ts';

const KNOWN = readEntities(undefined);

/** The class of a question, and Cedar's answer to it. */
function put(slices: PolicySlices, args: JsonObject, properties: JsonObject = {}) {
  const asked = question(
    { context: args, resource: { type: 'doc', id: '1', properties } },
    { overlay: true },
  );
  const { scope, lookedAt, text, entities } = new QuestionHeads(slices, KNOWN).of(
    asked,
    factsOf(asked.evaluation, new Map()),
  );
  const { principal, action, resource } = scope;
  const context = cedarContext(asked, lookedAt);
  const answer = authorize(slices.of(scope).setId, { principal, action, resource, context, entities });
  return {
    kind: text + JSON.stringify(classedContext(context, lookedAt)),
    answer:
      answer.kind === 'broken'
        ? 'broken'
        : { kind: answer.kind, determining: [...answer.determining].sort() },
  };
}

function slicesOf(...conditions: readonly string[]): PolicySlices {
  const text = conditions
    .map((condition, i) => `@id("p${i}") permit (principal, action, resource) when { ${condition} };`)
    .join('\n');
  return new PolicySlices(readPolicySet(filesOf({ 'a.cedar': text })));
}

describe('values that policies only test are told apart as far as the tests do', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['context.request.a like "/work/*"', { a: '/work/1' }, { a: '/work/2' }],
    ['context.request.a like "/work/*"', { a: '/etc/1' }, { a: '/etc/2' }],
    ['context.request has a && context.request.a like "*.md"', { a: 'b.md' }, { a: 'c.md' }],
    ['context.request.a == "x"', { a: 'y' }, { a: 'z' }],
    ['"x" != context.request.a', { a: 'y' }, { a: 'z' }],
    ['["x", "y"].contains(context.request.a)', { a: 'v' }, { a: 'w' }],
    ['context.request.a > 100 || context.request.a == 7', { a: 8 }, { a: 99 }],
    ['1000 <= context.request.a', { a: 1001 }, { a: 1_000_000 }],
    ['resource has path && resource.path like "/a/*"', {}, {}],
    ['context.request.a.b like "a*"', { a: { b: 'ab' } }, { a: { b: 'ac' } }],
  ])('%s: %j as %j', (condition, one, other) => {
    const slices = slicesOf(condition);
    const [first, second] = [put(slices, one, { path: '/a/1' }), put(slices, other, { path: '/a/2' })];
    expect(second.kind).toBe(first.kind);
    expect(second.answer).toEqual(first.answer);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['context.request.a like "/work/*"', { a: '/work/1' }, { a: '/etc/2' }],
    ['context.request.a == "x"', { a: 'x' }, { a: 'y' }],
    ['context.request.a == "1"', { a: '2' }, { a: 2 }],
    ['context.request.a == "1"', { a: '2' }, {}],
    ['context.request.a < 10', { a: 9 }, { a: 10 }],
    ['context.request.a <= 10', { a: 10 }, { a: 11 }],
    ['context.request.a == context.request.b', { a: 'x', b: 'y' }, { a: 'x', b: 'x' }],
    ['context.request.a like "x*" && context.request == {a: "xy"}', { a: 'xy' }, { a: 'xz' }],
    ['(context.request has a) == true', { a: 'x' }, {}],
    ['[context.request.a].contains("x")', { a: 'x' }, { a: 'y' }],
    ['context.request.a like "a*" || context.request.a.b == 1', { a: 'b' }, { a: 'c' }],
    ['context.request.a.b == 1 || context.request.a like "a*"', { a: 'b' }, { a: 'c' }],
    // What a caller makes up never is the mark of a class.
    ['context.request.a like "/work/*"', { a: '/work/1' }, { a: [null, '"0,'] }],
    // Beyond what JavaScript has exactly.
    ['context.request.a < 9223372036854775807', { a: 1 }, { a: 2 }],
  ])('%s: %j not as %j', (condition, one, other) => {
    const slices = slicesOf(condition);
    expect(put(slices, other).kind).not.toBe(put(slices, one).kind);
  });
});

test('questions of one class have one answer', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', 'é', '💡', '\u0301'), maxLength: 4 });
  const number = fc.integer({ min: -3, max: 3 });
  const path = fc.constantFrom(
    'context.request.x',
    'context.request.y',
    'context.request.r.x',
    'resource.x',
    'resource.r.x',
    'context.agent.x',
    'context.action.x',
  );
  const quoted = letters.map((text) => JSON.stringify(text));
  const literal = fc.oneof(quoted, number.map(String), fc.constantFrom('true', 'User::"a"', '[]'));
  const pattern = letters.map((text) => `"${text.replaceAll('*', () => '*')}"`);
  const escaped = letters.map((text) => `"${text.replaceAll('*', '\\*')}*"`);
  const atom = fc.oneof(
    fc.tuple(path, fc.oneof(pattern, escaped)).map(([at, like]) => `${at} like ${like}`),
    fc.tuple(path, fc.constantFrom('==', '!='), literal).map((parts) => parts.join(' ')),
    fc.tuple(literal, fc.constantFrom('==', '!='), path).map((parts) => parts.join(' ')),
    fc.tuple(path, fc.constantFrom('<', '<=', '>', '>='), number).map((parts) => parts.join(' ')),
    fc.tuple(number, fc.constantFrom('<', '<=', '>', '>='), path).map((parts) => parts.join(' ')),
    fc
      .tuple(fc.array(literal, { minLength: 1, maxLength: 3 }), path)
      .map(([set, at]) => `[${set.join(', ')}].contains(${at})`),
    fc.tuple(path, literal).map(([at, value]) => `${at}.contains(${value})`),
    fc.tuple(path, path).map((parts) => parts.join(' == ')),
    fc.constantFrom(
      'context.request has x',
      'context.request has r.x',
      'resource has x',
      '(context.request has x) == true',
      'context.request == {x: "a"}',
      'context.request.r == {x: "a"}',
      '{"like": context.request.x}["like"] like "a*"',
      '(if context.request has x then context.request else resource).x like "*b"',
    ),
  );
  const condition = fc
    .tuple(atom, fc.constantFrom('&&', '||'), atom)
    .chain(([one, operator, other]) =>
      fc.constantFrom(one, `!(${one})`, `${one} ${operator} ${other}`, `if ${one} then ${other} else ${one}`),
    );
  const value = fc.oneof(
    { weight: 6, arbitrary: letters },
    { weight: 3, arbitrary: number },
    {
      weight: 1,
      arbitrary: fc.constantFrom(true, null, 1.5, 1e300, [], ['a'], { x: 'a' }, [null, '"'], [null, '#1']),
    },
  );
  const record = fc.record(
    { x: value, y: value, r: fc.oneof(value, fc.record({ x: value }, { requiredKeys: [] })) },
    { requiredKeys: [] },
  );
  let alike = 0;
  fc.assert(
    fc.property(
      fc.array(condition, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(record, record), { minLength: 12, maxLength: 12 }),
      (conditions, questions) => {
        const slices = slicesOf(...conditions);
        const answers = new Map<string, unknown>();
        for (const [args, properties] of questions) {
          const { kind, answer } = put(slices, args, properties);
          if (answers.has(kind)) alike++;
          // What could not be evaluated is not remembered.
          else answers.set(kind, answer);
          expect(answer).toEqual(answers.get(kind));
        }
        slices.drop();
      },
    ),
    { numRuns: 500 },
  );
  expect(alike).toBeGreaterThan(500);
});
