import { describe, expect, it } from 'vitest';
import { readEntities } from './known-entities.ts';
import { PolicySetError } from './policy-set-error.ts';
import { filesOf, question, setOf } from './testing.ts';

const read = (entities: unknown) => {
  const text = typeof entities === 'string' ? entities : JSON.stringify(entities);
  const [file] = filesOf({ 'entities.json': text });
  return readEntities(file);
};

it.each([
  ['not json', '[', 'entities.json: '],
  ['a duplicate key', '[{"type":"a","id":"1","id":"2"}]', 'entities.json: '],
  ['no list', {}, 'expected array'],
  ['a missing id', [{ type: 'user' }], '`0.id`'],
  ['an unknown member', [{ type: 'user', id: '1', attributes: {} }], 'Unrecognized key'],
  [
    'a repeat',
    [
      { type: 'user', id: '1' },
      { type: 'user', id: '1' },
    ],
    '`1`: user "1" is listed twice',
  ],
  [
    'a ring',
    [
      { type: 'g', id: 'a', parents: [{ type: 'g', id: 'b' }] },
      { type: 'g', id: 'b', parents: [{ type: 'g', id: 'a' }] },
    ],
    'g "a" is above itself',
  ],
  ['itself above', [{ type: 'g', id: 'a', parents: [{ type: 'g', id: 'a' }] }], 'g "a" is above itself'],
  [
    'a reserved key',
    [{ type: 'user', id: '1', properties: { boss: { __entity: { type: 'user', id: '2' } } } }],
    'reserved key at /boss/__entity',
  ],
  [
    'what the catalog says',
    [{ type: 'tool', id: 'fs/x', properties: { effects: [] } }],
    "`effects` is the authority's own",
  ],
  [
    'what the registry says',
    [{ type: 'agent', id: 'agt_1', properties: { status: 'active' } }],
    '`status` is the authority',
  ],
  [
    'an action in a group',
    [{ type: 'Action', id: 'a', parents: [{ type: 'g', id: 'a' }] }],
    'an action has no parents',
  ],
])('refuses %s', (_what, entities, reason) => {
  expect(() => read(entities)).toThrow(PolicySetError);
  expect(() => read(entities)).toThrow(reason);
});

describe('in a decision', () => {
  const ask = (
    policy: string,
    entities: unknown,
    part: Parameters<typeof question>[0] = {},
    overlay = false,
  ) =>
    setOf(
      { 'a.cedar': policy },
      { entities: JSON.stringify(entities) },
    )(
      question(
        { subject: { type: 'user', id: 'ann' }, resource: { type: 'doc', id: 'd' }, ...part },
        { overlay },
      ),
    ).kind;
  const shelves = [
    { type: 'user', id: 'ann', properties: { level: 3 }, parents: [{ type: 'team', id: 'sales' }] },
    { type: 'team', id: 'sales', parents: [{ type: 'org', id: 'acme' }] },
  ];

  it('gives policies the stored properties', () => {
    expect(ask('@id("a") permit (principal, action, resource) when { principal.level > 2 };', shelves)).toBe(
      'permit',
    );
  });

  it('lets a PEP say otherwise, and an agent’s own key not', () => {
    const policy = '@id("a") permit (principal, action, resource) when { principal.level > 5 };';
    const subject = { type: 'user', id: 'ann', properties: { level: 9 } };
    expect(ask(policy, shelves, { subject }, true)).toBe('permit');
    expect(ask(policy, shelves, { subject }, false)).toBe('forbid');
  });

  it('knows what an entity is in, through those in between', () => {
    const policy = '@id("a") permit (principal in org::"acme", action, resource);';
    expect(ask(policy, shelves)).toBe('permit');
    expect(ask(policy, shelves, { subject: { type: 'user', id: 'bob' } })).toBe('forbid');
  });
});
