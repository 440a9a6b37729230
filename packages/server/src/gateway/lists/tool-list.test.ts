import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Prospect } from '@countersign/core';
import { listAsTold, toolsOf } from './tool-list.ts';

const NEVER: Prospect = { kind: 'never' };
const OPEN: Prospect = { kind: 'open' };
const ASKS: Prospect = { kind: 'consent', groups: ['dba', 'security'] };
const MAY: Prospect = { kind: 'perhaps_consent', groups: ['dba'] };

function told(answer: string, prospects: readonly Prospect[], era: 'legacy' | 'modern' = 'legacy'): string {
  return listAsTold(Buffer.from(answer), prospects, era).toString();
}

test('with nothing to hide and nothing to say not a byte changes', () => {
  const answer = '{ "id" : 1 ,"result":{"tools":[ {"name":"a","n":12345678901234567890 , "f":1.0}]}\t}';
  expect(told(answer, [OPEN])).toBe(answer);
});

test('what can never be permitted is left out, and the others stand as they stood', () => {
  const a = '{"name":"a","big":12345678901234567890}';
  const b = '{ "name" : "b\\u0020", "x":[1,{"y":"]}"}] }';
  const list = (tools: string): string => `{"result":{"tools":[${tools}],"nextCursor":"a,]"}}`;
  expect(told(list(`${a} , ${b}`), [NEVER, OPEN])).toBe(list(b));
  expect(told(list(`${a} , ${b}`), [OPEN, NEVER])).toBe(list(a));
  expect(told(list(`${a} , ${b} ,${a}`), [OPEN, NEVER, OPEN])).toBe(list(`${a},${a}`));
  expect(told(list(a), [NEVER])).toBe(list(''));
});

test('what takes consent says so at the end of its description, or in place of one', () => {
  const list = (tool: string): string => `{"result":{"tools":[${tool}]}}`;
  expect(told(list('{"description":"Drops \\"it\\"","name":"a"}'), [ASKS])).toBe(
    list('{"description":"Drops \\"it\\" [needs a person\'s consent (dba, security)]","name":"a"}'),
  );
  expect(told(list('{"name":"a"}'), [MAY])).toBe(
    list('{"description":"[may need a person\'s consent (dba)]","name":"a"}'),
  );
  expect(told(list('{"name":"a","description":""}'), [MAY])).toBe(
    list('{"name":"a","description":"[may need a person\'s consent (dba)]"}'),
  );
  // No client takes what is no text for a description, and a nested one is another's.
  for (const tool of ['{"name":"a","description":7}']) expect(told(list(tool), [ASKS])).toBe(list(tool));
  expect(told(list('{"name":"a","inputSchema":{"description":"x"}}'), [MAY])).toBe(
    list(
      '{"description":"[may need a person\'s consent (dba)]","name":"a","inputSchema":{"description":"x"}}',
    ),
  );
});

test('in the stateless era the list is its caller’s alone, and changed it is not kept for long', () => {
  const list = (scope: string, ttl: number): string =>
    `{"result":{"tools":[{"name":"a","description":"x"}],"ttlMs": ${ttl} ,${scope}"resultType":"complete"}}`;
  expect(told(list('"cacheScope":"public",', 3_600_000), [OPEN], 'modern')).toBe(
    list('"cacheScope":"private",', 3_600_000),
  );
  expect(told(list('"cacheScope":"private",', 5000), [NEVER], 'modern')).toBe(
    list('"cacheScope":"private",', 5000).replace('{"name":"a","description":"x"}', ''),
  );
  expect(JSON.parse(told(list('', 3_600_000), [NEVER], 'modern'))).toEqual({
    result: { tools: [], ttlMs: 60_000, cacheScope: 'private', resultType: 'complete' },
  });
  expect(told(list('"cacheScope":"public",', 3_600_000), [NEVER])).toContain('public');
});

test.each([
  '{"id":1,"error":{"code":-32601,"message":"no"}}',
  '{"result":{"tools":7}}',
  '{"result":[]}',
  '[]',
  'no json',
  '',
])('%s has no tools', (answer) => {
  expect(toolsOf(Buffer.from(answer))).toBeUndefined();
});

// The oracle works on values: the bytes must say the same.
const json = fc.jsonValue({ maxDepth: 3 });
const tool = fc.record(
  { name: fc.string({ unit: 'binary' }), description: fc.string({ unit: 'binary' }), inputSchema: json },
  { requiredKeys: ['name'] },
);
const prospect = fc.constantFrom(NEVER, OPEN, ASKS, MAY);

test('any list says in bytes what it should say in values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(tool, prospect)),
      fc.dictionary(fc.string(), json),
      fc.constantFrom(undefined, 1, '\t'),
      (tools, more, space) => {
        const answer = { jsonrpc: '2.0', result: { ...more, tools: tools.map(([each]) => each) }, id: 'x"}' };
        const words: Partial<Record<Prospect['kind'], string>> = {
          consent: "[needs a person's consent (dba, security)]",
          perhaps_consent: "[may need a person's consent (dba)]",
        };
        const expected = tools.flatMap(([each, { kind }]) => {
          const said = words[kind];
          if (kind === 'never') return [];
          const { description = '' } = each;
          const gap = description === '' ? '' : ' ';
          return [said === undefined ? each : { ...each, description: description + gap + said }];
        });
        const bytes = Buffer.from(JSON.stringify(answer, undefined, space));
        const prospects = tools.map(([, each]) => each);
        const result = JSON.parse(listAsTold(bytes, prospects, 'legacy').toString()) as typeof answer;
        const whole = JSON.parse(
          JSON.stringify({ ...answer, result: { ...answer.result, tools: expected } }),
        );
        expect(result).toEqual(whole);
      },
    ),
  );
});
