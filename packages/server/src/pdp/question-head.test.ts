import type { ActionFacts } from '@countersign/core';
import { expect, it } from 'vitest';
import { readEntities } from './known-entities.ts';
import { readPolicySet } from './policy-set.ts';
import { PolicySlices } from './policy-slices.ts';
import type { PolicyQuestion } from './port.ts';
import { QuestionHeads } from './question-head.ts';
import { filesOf, question } from './testing.ts';

const READS: ActionFacts = { effects: ['read'], labels: [], outward: false, reviewed: true };
const POLICY = `@id("a") permit (principal, action, resource)
  when { resource.effects == ["read"] && context.agent.status == "active" && context.agent.owner like "*@example.com" };`;

function heads(): QuestionHeads {
  return new QuestionHeads(
    new PolicySlices(readPolicySet(filesOf({ 'a.cedar': POLICY }))),
    readEntities(undefined),
  );
}

const asked = question();
const by = (agent: Partial<PolicyQuestion['agent']>): PolicyQuestion => {
  return { ...asked, agent: { ...asked.agent, ...agent } };
};

it('is made once for one agent and one tool, whatever the arguments are', () => {
  const kept = heads();
  const first = kept.of(asked, READS);
  expect(kept.of(question({ context: { arguments: { path: '/a' } } }), READS)).toBe(first);
});

it.each<[string, PolicyQuestion, ActionFacts?]>([
  ['a suspended agent', by({ status: 'suspended' })],
  ['another owner', by({ owner: 'eve@elsewhere.example' })],
  ['another group', by({ groups: ['others'] })],
  ['one group more', by({ groups: [...asked.agent.groups, 'others'] })],
  ['another name', by({ name: 'Other' })],
  ['another agent', by({ id: 'agt_2' })],
  ['another subject', question({ subject: { type: 'identity', id: 'agt_2' } })],
  ['another action', question({ action: { name: 'tools/list' } })],
  ['another tool', question({ resource: { type: 'tool', id: 'fs/write' } })],
  ['the same name of another type', question({ resource: { type: 'doc', id: 'fs/read' } })],
  ['other facts', asked, { ...READS, effects: ['update'] }],
  [
    'what a caller says of it',
    question({ resource: { type: 'tool', id: 'fs/read', properties: {} } }, { overlay: true }),
  ],
])('is another for %s', (_what, other, facts = READS) => {
  const kept = heads();
  const first = kept.of(asked, READS);
  expect(kept.of(other, facts)).not.toBe(first);
  // What was asked first is still as it was.
  expect(kept.of(asked, READS)).toEqual(first);
});

it('is not kept where it was read from the arguments', () => {
  const kept = heads();
  const facts = { ...READS, touches: ['/work/a'] };
  expect(kept.of(asked, facts)).not.toBe(kept.of(asked, facts));
});

it('has a text of its own where policies can tell it from others, and there alone', () => {
  const kept = heads();
  const { text } = kept.of(asked, READS);
  expect(kept.of(by({ status: 'suspended' }), READS).text).not.toBe(text);
  expect(kept.of(asked, { ...READS, effects: ['update'] }).text).not.toBe(text);
  expect(kept.of(by({ owner: 'eve@elsewhere.example' }), READS).text).not.toBe(text);
  expect(kept.of(by({ owner: 'bob@example.com' }), READS).text).toBe(text);
  expect(kept.of(by({ name: 'Other' }), READS).text).toBe(text);
});
