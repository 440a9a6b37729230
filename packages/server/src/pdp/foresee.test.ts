import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Evaluation, type Prospect } from '@countersign/core';
import { loadSql } from '@countersign/effects';
import { decide } from './decide.ts';
import { foresee } from './foresee.ts';
import { decidingOf, POLICIES, question, textsIn } from './testing.ts';

await loadSql();

const CATALOG = {
  'db.yaml': `tools:
  query: { effects: [read], outward: false, classify: { sql: /sql } }
  list: { effects: [read], outward: false }
  drop: { effects: [delete], outward: false }
  add: { effects: [create], outward: false }
`,
};
const UPSTREAMS = [{ name: 'db', catalog: 'db' }];

function foreseen(
  policies: Record<string, string>,
  tool: string,
  options: Partial<Parameters<typeof decidingOf>[1]> = {},
): Prospect {
  const deciding = decidingOf(policies, { upstreams: UPSTREAMS, catalog: CATALOG, ...options });
  return foresee(deciding, asked(tool));
}

function asked(tool: string, rest: Partial<Evaluation> = {}) {
  return question({ resource: { type: 'tool', id: `db/${tool}` }, context: { agent: 'agt_1' }, ...rest });
}

test.each<[string, Prospect['kind']]>([
  ['list', 'open'],
  ['add', 'consent'],
  ['drop', 'consent'],
  ['unheard-of', 'consent'],
  // Reading what is asked may find more than reading in it.
  ['query', 'perhaps_consent'],
])('under the default policies a call of %s is %s', (tool, kind) => {
  expect(foreseen(textsIn(POLICIES, '.cedar'), tool).kind).toBe(kind);
});

const PERMIT = '@id("p") permit (principal, action, resource);';
const forbid = (condition: string): string => `@id("f") forbid (principal, action, resource) ${condition};`;

test.each<[string, string, Prospect]>([
  ['whatever a call is', forbid(''), { kind: 'never' }],
  ['by the agent', forbid('when { context.agent.owner == "ada@example.com" }'), { kind: 'never' }],
  ['by what the tool does', forbid('when { resource.effects.contains("delete") }'), { kind: 'never' }],
  ['by what it does, not this', forbid('when { resource.effects.contains("spend") }'), { kind: 'open' }],
  ['by its arguments', forbid('when { context.request.arguments.table == "t" }'), { kind: 'open' }],
  ['by all of the context', forbid('when { context has request }'), { kind: 'open' }],
  ['by the session', forbid('when { context.session.labels.contains("secret") }'), { kind: 'open' }],
  ['by both', forbid('when { resource.reviewed && context has request }'), { kind: 'open' }],
])('what is forbidden %s', (_name, text, prospect) => {
  expect(foreseen({ 'a.cedar': `${PERMIT}\n${text}` }, 'drop')).toEqual(prospect);
});

test('a forbid of what reading the arguments may find hides nothing', () => {
  const text = `${PERMIT}\n${forbid('unless { resource.effects.contains("delete") }')}`;
  expect(foreseen({ 'a.cedar': text }, 'query')).toEqual({ kind: 'open' });
  expect(foreseen({ 'a.cedar': text }, 'list')).toEqual({ kind: 'never' });
});

test('what no policy can permit is never, unless outside the boundary people are asked', () => {
  const policies = { 'a.cedar': '@id("p") permit (principal, action, resource == tool::"db/list");' };
  expect(foreseen(policies, 'drop')).toEqual({ kind: 'never' });
  expect(foreseen(policies, 'drop', { outsideBoundary: { step_up: 'owners' } })).toEqual({
    kind: 'consent',
    groups: ['owners'],
  });
});

test('a policy that errs is no reason to hide', () => {
  const text = `${PERMIT}\n${forbid('when { resource.nothing == 1 }')}`;
  expect(foreseen({ 'a.cedar': text }, 'drop')).toEqual({ kind: 'open' });
});

test('consent names each group that every call needs', () => {
  const text = `@id("a") @step_up("dba") permit (principal, action, resource);
    @id("b") @step_up("security") permit (principal, action, resource) when { resource.effects.contains("delete") };
    @id("c") @step_up("night") permit (principal, action, resource) when { context.request.arguments.now };`;
  expect(foreseen({ 'a.cedar': text }, 'drop')).toEqual({ kind: 'consent', groups: ['dba', 'security'] });
});

// The oracle is the decision itself: policies, arguments and sessions are made up, and what was foreseen must be so.
const CLAUSES = [
  'resource.reviewed',
  'resource.outward',
  'resource.effects.contains("delete")',
  '["read"].containsAll(resource.effects)',
  'context.session.labels.contains("secret")',
  'context has request',
  'context.request.arguments has sql',
  'context.agent.status == "active"',
  'context.agent.groups.contains("readers")',
  'resource.nothing == 1',
];
const clause = fc
  .tuple(fc.boolean(), fc.constantFrom(...CLAUSES))
  .map(([not, text]) => (not ? `!(${text})` : text));
const condition = fc
  .tuple(
    fc.constantFrom('when', 'unless'),
    fc.array(clause, { minLength: 1, maxLength: 3 }),
    fc.constantFrom(' && ', ' || '),
  )
  .map(([kind, clauses, joint]) => `${kind} { ${clauses.join(joint)} }`);
const policy = fc.tuple(
  fc.constantFrom('permit', 'permit', 'stepup', 'forbid'),
  fc.constantFrom('resource', 'resource in mcp_server::"db"', 'resource == tool::"db/query"'),
  fc.option(condition, { nil: '' }),
);

test('no call is ever better or worse than what was foreseen of it', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(policy, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('query', 'list', 'drop', 'unheard-of'),
      fc.constantFrom('SELECT 1', 'DELETE FROM t', 'DROP TABLE t', undefined),
      fc.constantFrom([], ['secret']),
      fc.constantFrom('forbid' as const, { step_up: 'owners' }),
      (policies, tool, sql, labels, outsideBoundary) => {
        const text = policies
          .map(([kind, resource, when], at) =>
            kind === 'stepup'
              ? `@id("p${at}") @step_up("approvers") permit (principal, action, ${resource}) ${when};`
              : `@id("p${at}") ${kind} (principal, action, ${resource}) ${when};`,
          )
          .join('\n');
        const deciding = decidingOf(
          { 'a.cedar': text },
          { upstreams: UPSTREAMS, catalog: CATALOG, outsideBoundary },
        );
        const { kind } = foresee(deciding, asked(tool));
        const context = { agent: 'agt_1', ...(sql === undefined ? {} : { arguments: { sql } }) };
        const answer = decide(deciding, {
          ...asked(tool, { context }),
          session: { labels },
        });
        deciding.slices.drop();
        kinds.add(`${kind} ${answer.kind}`);
        if (kind === 'never') expect(['forbid', 'indeterminate']).toContain(answer.kind);
        if (kind === 'consent') expect(answer.kind).not.toBe('permit');
      },
    ),
    { numRuns: 1500 },
  );
  // It is no use where it never says anything.
  for (const each of [
    'never forbid',
    'consent step_up',
    'perhaps_consent permit',
    'perhaps_consent step_up',
    'open permit',
    'open forbid',
  ])
    expect(kinds).toContain(each);
});
