import { describe, expect, it, test } from 'vitest';
import type { JsonObject, JsonValue } from '@countersign/core';
import { declaredMapping } from './declared-mapping.ts';
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
  const declared = declaredMapping({ inputSchema: { 'x-authzen-mapping': mapping as JsonValue } });
  return declared?.resolve({ params, token });
}
const evaluation = (part: object) => ({
  evaluation: { action: { name: 'get' }, resource: { type: 'customer', id: 'c' }, ...part },
});
/** What an expression gives, as a member of the context. */
const valueOf = (expression: string, params?: JsonObject) =>
  resolve(evaluation({ context: { value: expression } }), params)?.[0]?.context?.['value'];

test('a tool that declares none has none', () => {
  for (const definition of [{}, { inputSchema: {} }, { inputSchema: 7 }])
    expect(declaredMapping(definition as JsonObject)).toBeUndefined();
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
  it.each<[string, unknown]>([
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
    ['a context that is no object', evaluation({ context: 'x' })],
    ['an absent item of a list', evaluation({ context: { list: ['$token.?nobody'] } })],
    ['too many expressions', evaluation({ context: { list: Array.from({ length: 65 }, () => '$1') } })],
  ])('%s', (_what, mapping) => {
    expect(() => resolve(mapping)).toThrow(MappingError);
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

test('a member called __proto__ is a member like any other', () => {
  const params = { arguments: JSON.parse('{"__proto__":{"id":"x"}}') as JsonObject };
  expect(() => valueOf('$params.arguments.id', params)).toThrow(MappingError);
});
