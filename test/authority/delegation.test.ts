import { afterEach, describe, expect, test } from 'vitest';
import { renderQuestion, type DelegationParty, type JsonObject } from '@countersign/core';
import type { CallerPort } from '../../packages/server/src/faces.ts';
import type { Agent } from '../../packages/server/src/principal/port.ts';
import {
  addAgent,
  approved,
  enrolAnother,
  enrolFirst,
  openTestAuthority,
  park,
  vote,
  withApproval,
  writeCall,
  type Opened,
} from './fixture.ts';

// RFC 8693 §4.1 chains as a door has verified them; who they are is what the authority knows when it is asked.
const ISS = 'https://login.example';
let opened: Opened;
afterEach(async () => {
  expect((await opened.authority.log.verify()).problems).toEqual([]);
  await opened.close();
});

const user = (sub: string, more: Partial<DelegationParty> = {}): DelegationParty => ({
  iss: ISS,
  sub,
  ...more,
});
const acting = (agent: Agent, act?: DelegationParty): DelegationParty =>
  user(agent.name, { agent: agent.id, ...(act === undefined ? {} : { act }) });
const portOf = (agent: Agent, delegation: DelegationParty): CallerPort =>
  opened.authority.consent({ kind: 'door', agent, delegation });

describe('what is asked on behalf of others', () => {
  test('is bound, shown and logged with its chain, and is not what the agent asks alone', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const alice = portOf(agent, user('u-1', { person: 'alice@example.com', act: acting(agent) }));
    const call = writeCall(agent);
    const id = await park(alice, call);
    expect(await park(port, call)).not.toBe(id);
    const { question } = await opened.authority.desk.view(id);
    expect(question.bound.context['delegation']).toEqual({
      iss: ISS,
      sub: 'u-1',
      person: 'alice@example.com',
      act: { iss: ISS, sub: 'bot', agent: agent.id, owner: 'owner@example.com' },
    });
    expect(renderQuestion(question).replaceAll('\n    | ', '')).toContain(
      `delegated    {"act": {"agent": "${agent.id}", "iss": "${ISS}", "owner": "owner@example.com", "sub": "bot"}, "iss": "${ISS}", "person": "alice@example.com", "sub": "u-1"}`,
    );
    const approval = (await vote(opened, ann, id)).approval?.id ?? '';
    // The same call under another chain, or none, is not what was consented to.
    const bob = portOf(agent, user('u-2', { person: 'bob@example.com', act: acting(agent) }));
    for (const other of [port, bob])
      expect(await other.evaluate(withApproval(call, approval))).toMatchObject({
        context: { reason: 'out_of_scope' },
      });
    const permit = await alice.evaluate(withApproval(call, approval));
    expect(permit).toMatchObject({ decision: true, context: { approval: { id: approval } } });
    const { entry } = await opened.authority.log.proof(permit.context.evaluation_id);
    expect(entry).toContain('"credential":"door:');
    const decided = (await entries()).filter(({ delegation }) => delegation !== undefined);
    expect(decided[0]).toMatchObject({
      delegation: { agents: [agent.id], hash: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(decided.map((each) => JSON.stringify(each)).join()).not.toContain('alice');
  });

  test('a task is nothing to the same agent on behalf of another', async () => {
    opened = await openTestAuthority();
    const { agent, port } = await addAgent(opened);
    const alice = portOf(agent, user('u-1', { person: 'alice@example.com' }));
    const bob = portOf(agent, user('u-2', { person: 'bob@example.com' }));
    const id = await park(alice, writeCall(agent));
    for (const other of [port, bob]) {
      await expect(other.task(id)).rejects.toMatchObject({ code: 'unknown_task' });
      await expect(other.cancel(id)).rejects.toMatchObject({ code: 'unknown_task' });
    }
    expect((await alice.task(id)).status).toBe('pending');
  });

  test('ARAP §"Delegation": a chain that no credential proves is refused', async () => {
    opened = await openTestAuthority();
    const { agent, port } = await addAgent(opened);
    const call = writeCall(agent);
    const claimed = { ...call, context: { ...call.context, delegation: { sub: 'ann@example.com' } } };
    await expect(port.evaluate(claimed)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('a sub-agent never has more than the chain above it', () => {
  test.each([
    ['permit', 'permit', undefined],
    ['permit', 'step_up', 'approval_required'],
    ['step_up', 'permit', 'approval_required'],
    ['permit', 'forbid', 'policy_denied'],
    ['step_up', 'indeterminate', 'indeterminate'],
  ] as const)('the worker gets %s, the orchestrator %s', async (worker, orchestrator, reason) => {
    opened = await openTestAuthority();
    const below = await addAgent(opened, 'worker');
    const above = await addAgent(opened, 'orchestrator');
    opened.pdp.kindFor.set(below.agent.id, worker).set(above.agent.id, orchestrator);
    const port = portOf(
      below.agent,
      user('u-1', { person: 'alice@example.com', act: acting(below.agent, acting(above.agent)) }),
    );
    const answer = await port.evaluate(writeCall(below.agent));
    expect(answer.decision).toBe(reason === undefined);
    if (reason !== undefined) expect(answer).toMatchObject({ context: { reason } });
  });

  test('one above that is suspended ends it, between judging and claiming too', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const below = await addAgent(opened, 'worker');
    const above = await addAgent(opened, 'orchestrator');
    const port = portOf(
      below.agent,
      user('u-1', { person: 'alice@example.com', act: acting(below.agent, acting(above.agent)) }),
    );
    const call = writeCall(below.agent);
    const id = await approved(opened, ann, port, call);
    // As if it were suspended in the moment in which the judgement is over.
    const claim = opened.parts.approvals.claim.bind(opened.parts.approvals);
    opened.parts.approvals.claim = async (...input) => {
      await opened.authority.registry.setAgentStatus('orchestrator', 'suspended');
      return await claim(...input);
    };
    expect(await port.evaluate(withApproval(call, id))).toMatchObject({
      context: { reason: 'state_changed' },
    });
    expect(await port.evaluate(withApproval(call, id))).toMatchObject({
      context: { reason: 'agent_inactive' },
    });
  });
});

describe('who may approve', () => {
  async function asked(delegation: (agent: Agent) => DelegationParty): Promise<string> {
    const { agent } = await addAgent(opened);
    return await park(portOf(agent, delegation(agent)), writeCall(agent));
  }

  test('not the person on whose behalf it runs, nor the owner of an agent in the chain', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const ben = await enrolAnother(opened, ann, 'ben@example.com');
    const { agent: orchestrator } = await addAgent(opened, 'orchestrator', 'ben@example.com');
    const id = await asked((agent) =>
      user('u-1', { person: 'ann@example.com', act: acting(agent, acting(orchestrator)) }),
    );
    for (const each of [ann, ben])
      await expect(vote(opened, each, id)).rejects.toMatchObject({ code: 'not_eligible' });
    const cleo = await enrolAnother(opened, ann, 'cleo@example.com');
    expect((await vote(opened, cleo, id)).status).toBe('approved');
  });

  test('nobody, where a party is neither an agent nor a person that is known', async () => {
    opened = await openTestAuthority();
    await enrolFirst(opened);
    const { agent } = await addAgent(opened);
    const port = portOf(agent, user('u-1', { act: acting(agent) }));
    const answer = await port.evaluate(writeCall(agent));
    expect(answer).toMatchObject({
      decision: false,
      context: { reason: 'requester_unknown', next_action: 'none' },
    });
    expect(answer.context).not.toHaveProperty('access_request');
    // What needs nobody's consent needs nobody to be known.
    opened.pdp.kind = 'permit';
    expect(await port.evaluate(writeCall(agent))).toMatchObject({ decision: true });
  });

  test('with one operator alone, that one, and marked as his own for ever', async () => {
    opened = await openTestAuthority({ single_operator: true });
    const ann = await enrolFirst(opened);
    const id = await asked(() => user('u-1'));
    const view = await vote(opened, ann, id);
    expect(view).toMatchObject({ status: 'approved', votes: [{ self_approved: true }] });
  });
});

/** What the log says of decisions. */
async function entries(): Promise<JsonObject[]> {
  const { audit } = opened.parts;
  return (await audit.entries(0, await audit.size()))
    .map(({ leaf }) => (JSON.parse(new TextDecoder().decode(leaf)) as { event: JsonObject }).event)
    .filter(({ type }) => type === 'decision');
}
