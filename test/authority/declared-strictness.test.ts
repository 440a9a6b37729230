import { afterEach, expect, test } from 'vitest';
import type { ActionFacts, Evaluation } from '@countersign/core';
import type { PolicyAnswer, PolicyQuestion } from '../../packages/server/src/pdp/port.ts';
import type { Agent } from '../../packages/server/src/principal/port.ts';
import {
  addAgent,
  approved,
  enrolFirst,
  OBLIGATIONS,
  openTestAuthority,
  park,
  SteeredPdp,
  withApproval,
  writeCall,
  type Opened,
} from './fixture.ts';

// What a question brings with it is untrusted: it may make the answer stricter, and nothing else.
const KINDS = ['permit', 'step_up', 'forbid', 'indeterminate'] as const;
type Kind = (typeof KINDS)[number];
const HARMLESS: ActionFacts = { effects: ['read'], labels: ['declared'], outward: false, reviewed: true };
const AUDIT = { groups: [{ group: 'audit', quorum: 2 }], ttl_seconds: 60, max_uses: 1, assurance: 'passkey' };

/** Answers each question by what its action is called, and keeps what it was asked. */
class NamedPdp extends SteeredPdp {
  readonly kinds = new Map<string, Kind>();
  readonly asked: PolicyQuestion[] = [];

  override decide(question?: PolicyQuestion): PolicyAnswer {
    const name = question?.evaluation.action.name ?? '';
    if (question !== undefined) this.asked.push(question);
    this.kind = this.kinds.get(name) ?? 'permit';
    const declared = name !== 'tools/call';
    this.obligations = declared ? { ...OBLIGATIONS, ...(AUDIT as object) } : OBLIGATIONS;
    const answer = super.decide();
    return declared ? { ...answer, facts: HARMLESS, policies: [{ id: `of-${name}` }] } : answer;
  }
}

let opened: Opened;
let pdp: NamedPdp;
afterEach(async () => {
  expect((await opened.authority.log.verify()).problems).toEqual([]);
  await opened.close();
});

async function open(kinds: Record<string, Kind>): Promise<void> {
  pdp = new NamedPdp();
  opened = await openTestAuthority({}, undefined, undefined, pdp);
  steer(kinds);
}
function steer(kinds: Record<string, Kind>): void {
  for (const [name, kind] of Object.entries(kinds)) pdp.kinds.set(name, kind);
}
function declaring(agent: Agent, ...names: string[]): Evaluation {
  const call = writeCall(agent);
  const declared = names.map((name) => ({
    subject: { ...call.subject, properties: { status: 'active', reviewed: true } },
    action: { name },
    resource: { type: 'folder', id: 'public' },
    context: { agent: 'agt_admin', approval: { id: 'apr_x' }, declared: [] },
  }));
  return { ...call, context: { ...call.context, declared } };
}

const REASONS: Record<Kind, string | undefined> = {
  permit: undefined,
  step_up: 'approval_required',
  forbid: 'policy_denied',
  indeterminate: 'indeterminate',
};

test('the strictest answer holds, whichever question it is to, in whichever order', async () => {
  await open({});
  const { agent, port } = await addAgent(opened);
  for (const own of KINDS) {
    for (const first of KINDS) {
      for (const second of KINDS) {
        steer({ 'tools/call': own, first, second });
        const { decision, context } = await port.evaluate(declaring(agent, 'first', 'second'));
        const strictest = KINDS[Math.max(...[own, first, second].map((kind) => KINDS.indexOf(kind)))] ?? own;
        expect([own, first, second, decision]).toEqual([own, first, second, strictest === 'permit']);
        expect('reason' in context ? context.reason : undefined).toBe(REASONS[strictest]);
      }
    }
  }
});

test('consent is what both ask for, and the facts are those of the call', async () => {
  await open({ 'tools/call': 'step_up', write: 'step_up' });
  const { approver } = await enrolFirst(opened);
  const { agent, port } = await addAgent(opened);
  const view = await opened.authority.desk.view(await park(port, declaring(agent, 'write')), approver);
  expect(view.question.obligations).toEqual({
    groups: [
      { group: 'approvers', quorum: 1 },
      { group: 'audit', quorum: 2 },
    ].toSorted((a, b) => (a.group < b.group ? -1 : 1)),
    ttl_seconds: 60,
    max_uses: 1,
    assurance: 'passkey',
    scope: 'exact',
  });
  expect(view.question.delta.facts.labels).not.toContain('declared');
  expect(view.question.delta.facts.reviewed).toBe(false);
  expect(view.question.delta.policies.map(({ id }) => id)).toEqual(['steered', 'of-write']);
  // Whoever is asked sees what was declared, and it is bound.
  expect(view.question.bound.context['declared']).toEqual(declaring(agent, 'write').context?.['declared']);
});

test('a declared question is about the same agent, whatever it says of itself', async () => {
  await open({ 'tools/call': 'permit', write: 'permit' });
  const { agent, port } = await addAgent(opened);
  expect((await port.evaluate(declaring(agent, 'write'))).decision).toBe(true);
  const [own, declared] = pdp.asked;
  expect(declared?.agent).toEqual(own?.agent);
  expect(declared?.session).toEqual(own?.session);
  expect(declared?.overlay).toBe(own?.overlay);
  expect(pdp.asked).toHaveLength(2);
});

test('an approval is of the call with what was declared of it, and of nothing else', async () => {
  await open({ 'tools/call': 'step_up', write: 'permit', read: 'permit' });
  const ann = await enrolFirst(opened);
  const { agent, port } = await addAgent(opened);
  const id = await approved(opened, ann, port, declaring(agent, 'write'));
  for (const other of [writeCall(agent), declaring(agent, 'read'), declaring(agent, 'write', 'read')])
    expect((await port.evaluate(withApproval(other, id))).decision).toBe(false);
  // What is forbidden meanwhile stays so, whatever was approved.
  steer({ write: 'forbid' });
  expect(await port.evaluate(withApproval(declaring(agent, 'write'), id))).toMatchObject({
    decision: false,
    context: { reason: 'policy_denied' },
  });
  steer({ write: 'permit' });
  expect((await port.evaluate(withApproval(declaring(agent, 'write'), id))).decision).toBe(true);
});
