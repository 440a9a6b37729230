import { describe, expect, it, test } from 'vitest';
import type { JsonObject, JsonValue } from '@countersign/core';
import { declaredMapping } from './declared-mapping.ts';
import { mappingIn } from './mapping-in.ts';
import { MappingError } from './mapping-error.ts';

const TOKEN = { iss: 'cs.example', sub: 'agt_1', client_id: 'agt_1' };
const SUBJECT = { type: 'identity', id: 'agt_1' };
const PARAMS = {
  name: 'get_customer',
  arguments: {
    id: 'cust-1',
    case: 'case-6',
    amount: 12000,
    tags: ['a', 'b'],
    nested: { 'odd-key': true },
    none: null,
  },
};

function resolve(mapping: unknown, params: JsonObject = PARAMS, token: JsonObject = TOKEN) {
  return declaredMapping(mapping as JsonValue).resolve({ params, token });
}
const evaluation = (part: object) => ({
  evaluation: { action: { name: 'get' }, resource: { type: 'customer', id: 'c' }, ...part },
});
const evaluations = (part: object) => ({
  evaluations: {
    evaluations: [{ action: { name: 'get' }, resource: { type: 'customer', id: 'c' } }],
    ...part,
  },
});
const deep = (levels: number): JsonObject => (levels === 0 ? {} : { a: deep(levels - 1) });
/** What an expression gives, as a member of the context. */
const valueOf = (expression: string, params?: JsonObject) =>
  resolve(evaluation({ context: { value: expression } }), params)?.[0]?.context?.['value'];

test('a tool that declares none has none', () => {
  const mapping = { evaluation: {} };
  for (const definition of [
    {},
    { inputSchema: {} },
    { inputSchema: 7 },
    // Nowhere but in the schema itself: COAZ-MCP §"Declaring a Mapping".
    { 'x-authzen-mapping': mapping },
    { outputSchema: { 'x-authzen-mapping': mapping } },
    { inputSchema: { $ref: '#/$defs/a', $defs: { a: { 'x-authzen-mapping': mapping } } } },
    { inputSchema: { allOf: [{ 'x-authzen-mapping': mapping }] } },
    { inputSchema: JSON.parse('{"__proto__":{"x-authzen-mapping":{}}}') as JsonValue },
  ])
    expect(mappingIn(definition as JsonObject)).toBeUndefined();
  expect(mappingIn({ inputSchema: { 'x-authzen-mapping': mapping } })).toBe(mapping);
});

describe('COAZ-MCP §"Declared Mappings"', () => {
  it('single evaluation', () => {
    const mapping = {
      evaluation: {
        subject: { type: 'identity', id: '$token.sub' },
        action: { name: 'get_customer' },
        resource: { type: 'customer', id: '$params.arguments.id' },
        context: { agent: '$token.?client_id', case: '$params.arguments.case' },
      },
    };
    expect(resolve(mapping)).toEqual([
      {
        subject: SUBJECT,
        action: { name: 'get_customer' },
        resource: { type: 'customer', id: 'cust-1' },
        // The agent is the authority's to say.
        context: { case: 'case-6' },
      },
    ]);
  });

  it('several evaluations, with the defaults of AuthZEN', () => {
    const mapping = {
      evaluations: {
        context: { case: '$params.arguments.case' },
        resource: { type: 'folder', id: 'default' },
        evaluations: [
          { action: { name: 'read' }, resource: { type: 'folder', id: '$params.arguments.id' } },
          { action: { name: 'write' }, context: {} },
        ],
      },
    };
    expect(resolve(mapping)).toEqual([
      {
        subject: SUBJECT,
        action: { name: 'read' },
        resource: { type: 'folder', id: 'cust-1' },
        context: { case: 'case-6' },
      },
      {
        subject: SUBJECT,
        action: { name: 'write' },
        resource: { type: 'folder', id: 'default' },
        context: {},
      },
    ]);
  });

  it('supplies the subject that is omitted, and its type', () => {
    expect(resolve(evaluation({}))?.[0]?.subject).toEqual(SUBJECT);
    expect(resolve(evaluation({ subject: { properties: { tier: 1 } } }))?.[0]?.subject).toEqual({
      ...SUBJECT,
      properties: { tier: 1 },
    });
    expect(resolve(evaluation({ subject: { type: 'robot', id: '$token.sub' } }))?.[0]?.subject).toEqual({
      type: 'robot',
      id: 'agt_1',
    });
  });
});

test.each<[string, JsonValue]>([
  ['$params.name', 'get_customer'],
  ['$params.arguments["id"]', 'cust-1'],
  ['$params.arguments.nested["odd-key"]', true],
  ["$'urn:doc:' + params.arguments.id", 'urn:doc:cust-1'],
  ["$params.arguments.amount > 10000 ? 'high' : 'standard'", 'high'],
  ['$params.arguments.tags', ['a', 'b']],
  ['$params.arguments.tags.map(t, t + "!")', ['a!', 'b!']],
  ['$params.arguments.none', null],
  ['$has(params.arguments.absent)', false],
  ['$1 + 1', 2],
  ['$token.?client_id', 'agt_1'],
  ['$params.?arguments.case', 'case-6'],
  // What is null is there.
  ['$params.arguments.?none', null],
  ['$params.?arguments.none', null],
  ['$$50', '$50'],
  ['$$$token.sub', '$$token.sub'],
  ['a $ in the middle', 'a $ in the middle'],
  ['', ''],
])('%s is %j', (expression, value) => {
  expect(valueOf(expression)).toEqual(value);
});

test('literals are what they are', () => {
  const literal = { n: 1, yes: true, none: null, list: ['a', { b: '$$' }] };
  expect(resolve(evaluation({ context: literal }))?.[0]?.context).toEqual({
    ...literal,
    list: ['a', { b: '$' }],
  });
});

test.each(['$token.?nobody', '$params.?absent.deeper', '$params.arguments.?absent'])(
  '%s is absent',
  (expression) => {
    expect(resolve(evaluation({ context: { value: expression } }))?.[0]?.context).toEqual({});
  },
);

describe('is a mapping error', () => {
  it.each<[string, unknown, JsonObject?]>([
    ['no object', 'evaluation'],
    ['no envelope', {}],
    ['two envelopes', { evaluation: {}, evaluations: {} }],
    ['an envelope that nobody defines', { search: {} }],
    ['an envelope that is no object', { evaluation: [] }],
    ['no evaluations', { evaluations: {} }],
    ['an empty list of evaluations', { evaluations: { evaluations: [] } }],
    ['too many evaluations', { evaluations: { evaluations: Array.from({ length: 17 }, () => ({})) } }],
    [
      'a subject within an entry',
      {
        evaluations: {
          evaluations: [{ subject: SUBJECT, action: { name: 'a' }, resource: { type: 't', id: 'i' } }],
        },
      },
    ],
    ['no action', { evaluation: { resource: { type: 't', id: 'i' } } }],
    ['no resource', { evaluation: { action: { name: 'a' } } }],
    ['a resource without an id', evaluation({ resource: { type: 't' } })],
    ['a required field that is absent', evaluation({ resource: { type: 't', id: '$token.?nobody' } })],
    ['a required field that is null', evaluation({ resource: { type: 't', id: '$params.arguments.none' } })],
    [
      'a required field that is a list',
      evaluation({ resource: { type: 't', id: '$params.arguments.tags' } }),
    ],
    ['somebody else as the subject', evaluation({ subject: { type: 'identity', id: 'admin' } })],
    [
      'the caller’s word for the subject',
      evaluation({ subject: { type: 'identity', id: '$params.arguments.id' } }),
    ],
    ['a subject that is no object', evaluation({ subject: 'admin' })],
    ['a sibling of properties', evaluation({ resource: { type: 't', id: 'i', owner: 'me' } })],
    ['properties that are no object', evaluation({ resource: { type: 't', id: 'i', properties: [] } })],
    ['another member', evaluation({ options: {} })],
    ['one envelope within the other', { evaluation: { evaluations: [{}] } }],
    ['one envelope within the same', { evaluations: { evaluations: [{ evaluations: [{}] }] } }],
    ['an envelope in another case', { Evaluation: evaluation({}).evaluation }],
    ['an envelope that is null', { evaluation: null }],
    ['null', null],
    ['a list', [evaluation({})]],
    // How many decisions there are is for the mapping to say, never for an expression.
    ['entries by an expression', { evaluations: { evaluations: '$params.arguments.tags' } }],
    ['an entry by an expression', { evaluations: { evaluations: ['$params.arguments'] } }],
    [
      'a semantic that permits on the first permit',
      evaluations({ options: { evaluations_semantic: 'permit_on_first_permit' } }),
    ],
    ['another subject for all entries', evaluations({ subject: { type: 'identity', id: 'admin' } })],
    ['a subject of null', evaluation({ subject: null })],
    ['an id of null', evaluation({ subject: { id: null } })],
    ['an id that is a list with the caller', evaluation({ subject: { id: ['agt_1'] } })],
    ['a type of null', evaluation({ subject: { type: '$params.arguments.none' } })],
    [
      'an actor beside the subject’s properties',
      evaluation({ subject: { id: '$token.sub', act: { sub: 'x' } } }),
    ],
    ['a number that is not exact', evaluation({ context: { n: 1e300 } })],
    ['a text that is not well-formed', evaluation({ context: { text: '\ud800' } })],
    ['a literal that is too deep', evaluation({ context: deep(20) })],
    [
      'a value that is too deep',
      evaluation({ context: { value: '$params.arguments' } }),
      { arguments: deep(55) },
    ],
    ['a context that is no object', evaluation({ context: 'x' })],
    ['an absent item of a list', evaluation({ context: { list: ['$token.?nobody'] } })],
    ['too many expressions', evaluation({ context: { list: Array.from({ length: 65 }, () => '$1') } })],
  ])('%s', (_what, mapping, params?: JsonObject) => {
    expect(() => resolve(mapping, params)).toThrow(MappingError);
  });

  it.each([
    '$',
    '$params.',
    '$nothing',
    '$params.arguments.absent',
    '$params.name.deeper',
    '$params.arguments.amount + "x"',
    '$token.?client_id == "a"',
    '$1 / 0',
    '$9007199254740993',
    "$b'abc'",
    '$timestamp("2026-01-01T00:00:00Z")',
    '$type(1)',
    '$params.arguments.tags.map(a, params.arguments.tags.map(b, a + b))',
    `$${'1+'.repeat(1100)}1`,
    '${token.sub}',
    // Variables are `params` and `token`, and nothing of the language that the evaluator is written in.
    '$__proto__',
    '$constructor',
    '$toString',
    '$params.__proto__',
    '$params.constructor',
    '$params.name.length',
    '$token.aud',
    '$1e300',
    `$${'('.repeat(400)}`,
    `$${'['.repeat(1000)}${']'.repeat(1000)}`,
    `$${'('.repeat(1000)}1${')'.repeat(1000)}`,
  ])('%s', (expression) => {
    expect(() => valueOf(expression)).toThrow(MappingError);
  });

  it('a walk over more than is walked quickly', () => {
    const many = { arguments: { list: Array.from({ length: 70_000 }, () => 1) } };
    expect(() => valueOf('$params.arguments.list.map(x, x)', many)).toThrow(MappingError);
    expect(() => valueOf('$params.name.matches("a+")', { name: 'a'.repeat(70_000) })).toThrow(MappingError);
    expect(valueOf('$size(params.arguments.list)', many)).toBe(70_000);
  });
});

describe('keeps nobody waiting', () => {
  const list = (length: number) => ({
    a: 'x'.repeat(200_000),
    list: Array.from({ length }, (_, index) => index),
  });
  // Within the bounds of what is walked, but the walk's every step is a walk of its own.
  it.each<[string, JsonObject]>([
    ['$params.list.all(x, x in params.list)', list(60_000)],
    ['$params.list.all(x, params.list == params.list)', list(60_000)],
    ['$params.list.map(x, x)', list(60_000)],
    ['$params.list.map(x, params.list)', list(2_000)],
    ['$params.list.filter(x, size(params.a) > 0)', list(60_000)],
    // What is cheap to put together and dear to write down.
    [`$${Array.from({ length: 200 }, () => 'params.a').join('+')}`, list(1)],
    [`$[${Array.from({ length: 200 }, () => 'params').join()}]`, list(1)],
  ])('%s', (expression, params) => {
    const begun = performance.now();
    expect(() => valueOf(expression, params)).toThrow(MappingError);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('nor does reading what is not used', () => {
    const hostile = evaluation({
      context: Object.fromEntries(list(64).list.map((n) => [n, `$${'('.repeat(400)}`])),
    });
    const begun = performance.now();
    for (let n = 0; n < 1000; n++) declaredMapping(hostile);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

test('the token is read as it is, the agent never from the mapping', () => {
  const spoofed = evaluation({
    context: { agent: 'agt_admin', act: { sub: '$token.sub' }, who: '$token.client_id', iss: '$token.iss' },
  });
  expect(resolve(spoofed)?.[0]?.context).toEqual({ act: { sub: 'agt_1' }, who: 'agt_1', iss: 'cs.example' });
  expect(
    resolve(evaluation({ context: '$params.arguments' }), { arguments: { agent: 'agt_admin', a: 1 } })?.[0]
      ?.context,
  ).toEqual({ a: 1 });
});

test('a mapping is read once and resolves anew', () => {
  const declared = declaredMapping(evaluation({ context: { value: '$params.v' } }));
  for (const v of [1, 2, 'x'])
    expect(declared.resolve({ params: { v }, token: TOKEN })[0]?.context).toEqual({ value: v });
});

test('a member called __proto__ is a member like any other', () => {
  const params = { arguments: JSON.parse('{"__proto__":{"id":"x"}}') as JsonObject };
  expect(() => valueOf('$params.arguments.id', params)).toThrow(MappingError);
});
