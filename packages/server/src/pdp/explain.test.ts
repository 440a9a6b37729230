import { expect, it } from 'vitest';
import { decide } from './decide.ts';
import { explain } from './explain.ts';
import { explanationText } from './explanation-text.ts';
import { decidingOf, question } from './testing.ts';

const POLICIES = `
@id("reads") @reason("reading is free")
permit (principal, action == Action::"tools/call", resource is tool) when { resource.effects == ["read"] };
@id("writes") @step_up("ops") @quorum("2") @ttl("5m")
permit (principal, action == Action::"tools/call", resource is tool)
when { resource.effects.contains("update") } unless { context.session.labels.contains("secret") };
@id("bob") permit (principal == identity::"bob", action, resource);
@id("lists") permit (principal, action == Action::"tools/list", resource is mcp_server);
@id("never") forbid (principal, action, resource) when { context.agent.status == "suspended" };
@id("errs") permit (principal, action == Action::"tools/call", resource) when { principal.level > 5 };
`;
const upstreams = [{ name: 'fs', catalog: 'fs' }];
const catalog = {
  'fs.yaml':
    'tools: { read: { effects: [read], outward: false }, write: { effects: [update], outward: false } }',
};
const withoutErring = decidingOf(
  { 'a.cedar': POLICIES.replace(/@id\("errs"\).*/, '') },
  { upstreams, catalog },
);
const write = question({ resource: { type: 'tool', id: 'fs/write' } });

it('says which policies determined, and what is asked of whom', () => {
  const explained = explain(withoutErring, write);
  expect(explained.answer).toEqual(decide(withoutErring, write));
  expect(explained.answer).toMatchObject({
    kind: 'step_up',
    policies: [{ id: 'writes' }],
    obligations: { groups: [{ group: 'ops', quorum: 2 }], ttl_seconds: 300 },
  });
});

it('says which nearly did: first those that a condition keeps out, then those that the head does', () => {
  const { nearly } = explain(withoutErring, write);
  expect(nearly).toEqual([
    { id: 'never', effect: 'forbid', lacks: ['when { context.agent.status == "suspended" } does not hold'] },
    {
      id: 'reads',
      effect: 'permit',
      reason: 'reading is free',
      lacks: ['when { resource.effects == ["read"] } does not hold'],
    },
    { id: 'bob', effect: 'permit', lacks: ['principal is not identity::"bob"'] },
  ]);
});

it('names each clause that fails', () => {
  const tainted = { ...write, session: { labels: ['secret'] } };
  expect(explain(withoutErring, tainted).nearly).toContainEqual(
    expect.objectContaining({
      id: 'writes',
      lacks: ['unless { context.session.labels.contains("secret") } does not hold'],
    }),
  );
});

it('says what errs', () => {
  const explained = explain(decidingOf({ 'a.cedar': POLICIES }, { upstreams, catalog }), write);
  expect(explained.answer.kind).toBe('indeterminate');
  expect(explained.nearly).toContainEqual(
    expect.objectContaining({
      id: 'errs',
      lacks: [expect.stringMatching(/^when \{ principal\.level > 5 \} errors: /)],
    }),
  );
});

it('puts it on one line', () => {
  expect(explanationText(explain(withoutErring, write))).toBe(
    'step_up by writes; nearly: forbid never (when { context.agent.status == "suspended" } does not hold), ' +
      'permit reads (when { resource.effects == ["read"] } does not hold), permit bob (principal is not identity::"bob")',
  );
});
