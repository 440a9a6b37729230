import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { authorize, dropPolicies, keepPolicies } from './cedar.ts';
import { LikePattern, ValueTests } from './value-tests.ts';

describe('a pattern', () => {
  it.each<[string, string, boolean]>([
    ['a*', 'a', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['*b*b*', 'ab', false],
    ['a*b*c', 'abc', true],
    ['a*bc*c', 'abc', false],
    ['*', '', true],
    ['', '', true],
    ['a', 'ab', false],
    ['**', 'a', true],
  ])('%s of %s: %s', (pattern, value, holds) => {
    expect(new LikePattern(pattern.split('*')).matches(value)).toBe(holds);
  });
});

test("a pattern matches what Cedar's like does", () => {
  const any = { type: 'any', id: 'any' };
  const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '💡', '\u0301'), maxLength: 2 }), {
    minLength: 1,
    maxLength: 4,
  });
  const value = fc.string({ unit: fc.constantFrom('a', 'b', '💡', '\u0301'), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(texts, { minLength: 30, maxLength: 30 }),
      fc.array(value, { minLength: 10 }),
      (patterns, values) => {
        const policies = patterns.map((parts, i) => [
          `${i}`,
          `permit (principal, action, resource) when { context.v like "${parts.join('*')}" };`,
        ]);
        keepPolicies('patterns', Object.fromEntries(policies) as Record<string, string>);
        for (const v of values) {
          const answer = authorize('patterns', {
            principal: any,
            action: any,
            resource: any,
            context: { v },
            entities: [],
          });
          const matching = patterns.flatMap((parts, i) =>
            new LikePattern(parts).matches(v) ? [`${i}`] : [],
          );
          expect(answer.kind === 'broken' ? answer.why : answer.determining.toSorted()).toEqual(
            matching.sort(),
          );
        }
      },
    ),
    { numRuns: 100 },
  );
  dropPolicies('patterns');
});

test('a class of its own has what is named, what is long, and what is neither text nor number', () => {
  const tests = new ValueTests()
    .add({ literals: ['named', 7] })
    .add({ threshold: 10 })
    .add({ like: new LikePattern(['a', '']) });
  for (const value of ['named', 7, 10, 'x'.repeat(5000), true, ['a'], { a: 1 }])
    expect(tests.classOf(value)).toBeUndefined();
  expect(new Set(['ab', 'b', 9, 11].map((value) => tests.classOf(value))).size).toBe(4);
  expect(tests.classOf('ac')).toBe(tests.classOf('ad'));
  expect(tests.classOf(8)).toBe(tests.classOf(9));
});
