import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../packages/server/src/config/limits.ts';
import {
  addAgent,
  approved,
  enrolAnother,
  enrolFirst,
  newKey,
  OBLIGATIONS,
  openTestAuthority,
  park,
  vote,
  withApproval,
  writeCall,
  type Opened,
} from './fixture.ts';

let opened: Opened;
afterEach(async () => {
  const report = await opened.authority.log.verify();
  expect(report.problems).toEqual([]);
  await opened.close();
});

describe('the life of a step-up', () => {
  test('asked, approved, claimed once, reported; the replay is refused', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const call = writeCall(agent);
    const denial = await port.evaluate(call);
    expect(denial).toMatchObject({
      decision: false,
      context: { reason: 'approval_required', next_action: 'request' },
    });
    const id = await approved(opened, ann, port, call);
    const again = await port.evaluate(call);
    expect(again).toMatchObject({ decision: false, context: { approval: { id } } });
    const permit = await port.evaluate(withApproval(call, id), { idempotencyKey: 'k1' });
    expect(permit).toMatchObject({ decision: true, context: { approval: { id } } });
    const repeated = await port.evaluate(withApproval(call, id), { idempotencyKey: 'k1' });
    expect(repeated.context).toMatchObject({
      approval: { claim_id: permit.decision && permit.context.approval?.claim_id },
    });
    const replay = await port.evaluate(withApproval(call, id), { idempotencyKey: 'k2' });
    expect(replay).toMatchObject({ decision: false, context: { reason: 'approval_consumed' } });
    if (!permit.decision || permit.context.approval === undefined) throw new Error('no claim');
    await port.report(permit.context.approval.claim_id, 'approved-executed');
    await expect(port.report(permit.context.approval.claim_id, 'execution-error')).rejects.toMatchObject({
      code: 'invalid_claim_state',
    });
    const late = await port.evaluate(withApproval(call, id), { idempotencyKey: 'k1' });
    expect(late).toMatchObject({ decision: false, context: { reason: 'approval_consumed' } });
  });

  test('a deny ends it and is remembered for ten minutes', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const id = await park(port, writeCall(agent));
    expect((await vote(opened, ann, id, 'deny')).status).toBe('denied');
    expect(await port.evaluate(writeCall(agent))).toMatchObject({
      context: { reason: 'recently_denied', next_action: 'none' },
    });
    opened.time.now += 11 * 60_000;
    expect(await port.evaluate(writeCall(agent))).toMatchObject({ context: { reason: 'approval_required' } });
  });

  test('nobody answers: expired, never denied; an approval expires too', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const id = await park(port, writeCall(agent));
    opened.time.now += 3_600_001;
    await expect(vote(opened, ann, id)).rejects.toMatchObject({ code: 'invalid_task_state' });
    await opened.parts.requests.expireDue(opened.time.now);
    expect((await port.task(id)).status).toBe('expired');
    const approval = await approved(opened, ann, port, writeCall(agent, { path: 'b' }));
    opened.time.now += OBLIGATIONS.ttl_seconds * 1000;
    expect(await port.evaluate(withApproval(writeCall(agent, { path: 'b' }), approval))).toMatchObject({
      context: { reason: 'approval_expired' },
    });
  });

  test('identical pending requests are one', async () => {
    opened = await openTestAuthority();
    const { agent, port } = await addAgent(opened);
    const ids = await Promise.all(Array.from({ length: 20 }, () => park(port, writeCall(agent))));
    expect(new Set(ids).size).toBe(1);
  });

  test('a quorum of two needs two people, whatever their credentials', async () => {
    opened = await openTestAuthority();
    opened.pdp.obligations = { ...OBLIGATIONS, groups: [{ group: 'approvers', quorum: 2 }] };
    const ann = await enrolFirst(opened);
    const bob = await enrolAnother(opened, ann, 'bob@example.com');
    const annAgain = await enrolAnother(opened, ann, ' ANN@example.com ');
    const { agent, port } = await addAgent(opened);
    const id = await park(port, writeCall(agent));
    expect((await vote(opened, ann, id)).status).toBe('pending');
    await expect(vote(opened, annAgain, id)).rejects.toMatchObject({ code: 'already_voted' });
    expect((await vote(opened, bob, id)).status).toBe('approved');
  });

  test('a vote, an approval and a claim survive a restart; what a door left open is unknown', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const call = writeCall(agent);
    const id = await approved(opened, ann, port, call);
    opened = await opened.reopen();
    const after = opened.authority.consent({ kind: 'door', agent });
    const permit = await after.evaluate(withApproval(call, id), { idempotencyKey: 'k' });
    if (!permit.decision || permit.context.approval === undefined) throw new Error('no claim');
    opened = await opened.reopen();
    const later = opened.authority.consent({ kind: 'door', agent });
    expect(await later.evaluate(withApproval(call, id), { idempotencyKey: 'k' })).toMatchObject({
      context: { reason: 'approval_consumed' },
    });
    await later.report(permit.context.approval.claim_id, 'approved-executed');
    await expect(later.report(permit.context.approval.claim_id, 'execution-error')).rejects.toMatchObject({
      code: 'invalid_claim_state',
    });
  });
});

describe('what changed since the approval is refused', () => {
  const after: [string, (o: Opened, agent: { id: string }) => unknown, string][] = [
    ['policy forbids it', (o) => (o.pdp.kind = 'forbid'), 'policy_denied'],
    ['policy cannot be evaluated', (o) => (o.pdp.kind = 'indeterminate'), 'indeterminate'],
    [
      'policy wants two',
      (o) => (o.pdp.obligations = { ...OBLIGATIONS, groups: [{ group: 'approvers', quorum: 2 }] }),
      'approval_insufficient',
    ],
    [
      'policy wants another group',
      (o) => (o.pdp.obligations = { ...OBLIGATIONS, groups: [{ group: 'security', quorum: 1 }] }),
      'approval_insufficient',
    ],
    [
      'policy wants a passkey',
      (o) => (o.pdp.obligations = { ...OBLIGATIONS, assurance: 'passkey' }),
      'approval_insufficient',
    ],
    [
      'policy shortened the ttl',
      (o) => ((o.time.now += 60_000), (o.pdp.obligations = { ...OBLIGATIONS, ttl_seconds: 30 })),
      'approval_expired',
    ],
    [
      'the agent is suspended',
      (o, a) => o.authority.registry.setAgentStatus(a.id, 'suspended'),
      'agent_inactive',
    ],
  ];
  test.each(after)('%s', async (_name, change, reason) => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const id = await approved(opened, ann, port, writeCall(agent));
    await change(opened, agent);
    expect(await port.evaluate(withApproval(writeCall(agent), id))).toMatchObject({
      decision: false,
      context: { reason },
    });
  });

  test('the approver was revoked', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const bob = await enrolAnother(opened, ann, 'bob@example.com');
    const { agent, port } = await addAgent(opened);
    const id = await approved(opened, ann, port, writeCall(agent));
    await opened.authority.enrolment.revokeCredential(bob.approver, ann.approver.credential);
    expect(await port.evaluate(withApproval(writeCall(agent), id))).toMatchObject({
      context: { reason: 'approval_insufficient' },
    });
  });

  test('the approval was revoked', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const id = await approved(opened, ann, port, writeCall(agent));
    await opened.authority.desk.revokeApproval(ann.approver, id);
    expect(await port.evaluate(withApproval(writeCall(agent), id))).toMatchObject({
      context: { reason: 'approval_revoked' },
    });
  });

  test('policy now simply permits: runs and spends nothing', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const id = await approved(opened, ann, port, writeCall(agent));
    opened.pdp.kind = 'permit';
    const permit = await port.evaluate(withApproval(writeCall(agent), id));
    expect(permit.decision && permit.context.approval).toBeUndefined();
    expect((await opened.parts.approvals.approval(id))?.uses).toBe(0);
  });
});

describe('who may not vote', () => {
  test('the owner, and the requester as subject', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened, 'bot', 'ANN@example.com');
    const id = await park(port, writeCall(agent));
    await expect(vote(opened, ann, id)).rejects.toMatchObject({ code: 'not_eligible' });
    const other = await addAgent(opened, 'other');
    const forAnn = { ...writeCall(other.agent), subject: { type: 'user', id: 'ann@example.com' } };
    await expect(vote(opened, ann, await park(other.port, forAnn))).rejects.toMatchObject({
      code: 'not_eligible',
    });
  });

  test('single_operator lets the owner vote, marks it for ever, and ends with a second approver', async () => {
    opened = await openTestAuthority({ single_operator: true });
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened, 'bot', 'ann@example.com');
    const view = await vote(opened, ann, await park(port, writeCall(agent)));
    expect(view).toMatchObject({ status: 'approved', self_approved: true });
    const id = view.approval?.id ?? '';
    await enrolAnother(opened, ann, 'bob@example.com');
    expect(await port.evaluate(withApproval(writeCall(agent), id))).toMatchObject({
      context: { reason: 'approval_insufficient' },
    });
    const next = await park(port, writeCall(agent, { path: 'other' }));
    await expect(vote(opened, ann, next)).rejects.toMatchObject({ code: 'not_eligible' });
  });

  test('a stranger to the group, and a key where a passkey is asked', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const eve = await enrolAnother(opened, ann, 'eve@example.com', 'finance');
    const { agent, port } = await addAgent(opened);
    const id = await park(port, writeCall(agent));
    await expect(vote(opened, eve, id)).rejects.toMatchObject({ code: 'not_eligible' });
    opened.pdp.obligations = { ...OBLIGATIONS, assurance: 'passkey' };
    const strict = await park(port, writeCall(agent, { path: 'strict' }));
    await expect(vote(opened, ann, strict)).rejects.toMatchObject({ code: 'not_eligible' });
  });
});

describe('forged and replayed votes', () => {
  test('for another request, decision or authority', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const { desk } = opened.authority;
    const first = await desk.beginVote(ann.approver, {
      request: await park(port, writeCall(agent, { path: '1' })),
      decision: 'deny',
    });
    const second = await desk.beginVote(ann.approver, {
      request: await park(port, writeCall(agent, { path: '2' })),
      decision: 'approve',
    });
    const forged = [
      first.statement,
      { ...second.statement, decision: 'deny' as const },
      { ...second.statement, authority: 'aut_other' },
      { ...second.statement, max_uses: 2 },
    ];
    for (const statement of forged) {
      await expect(
        desk.finishVote(ann.approver, second.statement.nonce, ann.key.sign(statement)),
      ).rejects.toMatchObject({
        code: 'invalid_signature',
      });
    }
    await desk.finishVote(ann.approver, second.statement.nonce, ann.key.sign(second.statement));
    await expect(
      desk.finishVote(ann.approver, second.statement.nonce, ann.key.sign(second.statement)),
    ).rejects.toMatchObject({ code: 'stale_statement' });
  });

  test('by a key that is not enrolled, under the name of one that is', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const { statement } = await opened.authority.desk.beginVote(ann.approver, {
      request: await park(port, writeCall(agent)),
      decision: 'approve',
    });
    await expect(
      opened.authority.desk.finishVote(ann.approver, statement.nonce, newKey().sign(statement)),
    ).rejects.toMatchObject({ code: 'invalid_signature' });
  });

  test('a statement waits five minutes, no longer', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const { agent, port } = await addAgent(opened);
    const { statement } = await opened.authority.desk.beginVote(ann.approver, {
      request: await park(port, writeCall(agent)),
      decision: 'approve',
    });
    opened.time.now += 5 * 60_000;
    await expect(
      opened.authority.desk.finishVote(ann.approver, statement.nonce, ann.key.sign(statement)),
    ).rejects.toMatchObject({ code: 'stale_statement' });
  });
});

describe('enrolment', () => {
  test('the first closes the other ways in', async () => {
    opened = await openTestAuthority();
    const link = await opened.authority.enrolment.firstLink();
    await enrolFirst(opened);
    await expect(enrolFirst(opened, 'eve@example.com')).rejects.toMatchObject({ code: 'conflict' });
    await expect(opened.authority.enrolment.firstLink()).rejects.toMatchObject({ code: 'conflict' });
    const secret = new URL(link.url).hash.slice(1);
    await expect(opened.authority.enrolment.beginLink(secret, 'eve@example.com')).rejects.toMatchObject({
      code: 'link_spent',
    });
  });

  test('of many at once, one is the first', async () => {
    opened = await openTestAuthority();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => enrolFirst(opened, `p${i}@example.com`)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('one key cannot be two people, and only the group lets in', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    await expect(enrolAnother(opened, ann, 'twin@example.com', 'approvers', ann.key)).rejects.toMatchObject({
      code: 'conflict',
    });
    const fin = await enrolAnother(opened, ann, 'fin@example.com', 'finance');
    await expect(enrolAnother(opened, fin, 'x@example.com', 'approvers')).rejects.toMatchObject({
      code: 'not_eligible',
    });
    await expect(enrolAnother(opened, ann, 'x@example.com', 'finance')).rejects.toMatchObject({
      code: 'not_eligible',
    });
  });

  test('a signature over another statement, or by a revoked signer, lets nobody in', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const bob = await enrolAnother(opened, ann, 'bob@example.com');
    const { enrolment } = opened.authority;
    const pending = await enrolment.proposeKey({
      email: 'x@example.com',
      group: 'approvers',
      public_key: newKey().publicKey,
    });
    const { statement } = await enrolment.beginSignature(ann.approver, pending.id);
    await expect(
      enrolment.finishSignature(
        ann.approver,
        statement.nonce,
        ann.key.sign({ ...statement, email: 'y@example.com' }),
      ),
    ).rejects.toMatchObject({ code: 'invalid_signature' });
    await enrolment.revokeCredential(bob.approver, ann.approver.credential);
    await expect(
      enrolment.finishSignature(ann.approver, statement.nonce, ann.key.sign(statement)),
    ).rejects.toMatchObject({ code: 'not_eligible' });
  });
});

describe('what belongs to one credential', () => {
  test('tasks, claims and idempotency keys of another are not there', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    const one = await addAgent(opened, 'one');
    const two = await addAgent(opened, 'two');
    const id = await park(one.port, writeCall(one.agent));
    await expect(two.port.task(id)).rejects.toMatchObject({ code: 'unknown_task' });
    await expect(two.port.cancel(id)).rejects.toMatchObject({ code: 'unknown_task' });
    const approval = (await vote(opened, ann, id)).approval?.id ?? '';
    expect(await two.port.evaluate(withApproval(writeCall(two.agent), approval))).toMatchObject({
      context: { reason: 'approval_unverifiable' },
    });
    const permit = await one.port.evaluate(withApproval(writeCall(one.agent), approval));
    const claim = permit.decision ? (permit.context.approval?.claim_id ?? '') : '';
    await expect(two.port.report(claim, 'approved-executed')).rejects.toMatchObject({
      code: 'unknown_claim',
    });
    await expect(two.port.renew(claim)).rejects.toMatchObject({ code: 'unknown_claim' });
  });

  test('a denial is bound to its action and its credential', async () => {
    opened = await openTestAuthority();
    const one = await addAgent(opened, 'one');
    const two = await addAgent(opened, 'two');
    const call = writeCall(one.agent);
    const { evaluation_id } = (await one.port.evaluate(call)).context;
    const denial = { evaluation_id };
    await expect(one.port.request({ ...writeCall(one.agent, { path: 'z' }), denial })).rejects.toMatchObject({
      code: 'invalid_denial_binding',
    });
    await expect(two.port.request({ ...writeCall(two.agent), denial })).rejects.toMatchObject({
      code: 'invalid_denial_binding',
    });
    await expect(one.port.request({ ...call, denial: { evaluation_id: 'evl_none' } })).rejects.toMatchObject({
      code: 'not_requestable',
    });
    opened.time.now += 10 * 60_000;
    await expect(one.port.request({ ...call, denial })).rejects.toMatchObject({ code: 'expired_denial' });
  });

  test('an agent asks for itself alone; a pep for those it may', async () => {
    opened = await openTestAuthority();
    const one = await addAgent(opened, 'one');
    const two = await addAgent(opened, 'two');
    const self = opened.authority.consent({ kind: 'agent', agent: one.agent });
    await expect(self.evaluate(writeCall(two.agent))).rejects.toMatchObject({ code: 'forbidden' });
    const { pep, api_key } = await opened.authority.registry.addPep({ name: 'proxy', agents: ['one'] });
    const port = opened.authority.consent({ kind: 'pep', pep });
    expect((await port.evaluate(writeCall(one.agent))).decision).toBe(false);
    await expect(port.evaluate(writeCall(two.agent))).rejects.toMatchObject({ code: 'forbidden' });
    expect(await opened.authority.authenticate(api_key)).toMatchObject({ kind: 'pep' });
    await opened.authority.registry.revokePep(pep.id);
    expect(await opened.authority.authenticate(api_key)).toBeUndefined();
  });

  test('a replayed idempotency key with another body', async () => {
    opened = await openTestAuthority();
    const { agent, port } = await addAgent(opened);
    const file = async (path: string) => {
      const call = writeCall(agent, { path });
      const { evaluation_id } = (await port.evaluate(call)).context;
      return await port.request({ ...call, denial: { evaluation_id } }, { idempotencyKey: 'same' });
    };
    await file('1');
    await expect(file('2')).rejects.toMatchObject({ code: 'duplicate_request' });
  });
});

test('two clients race for one use, many times: exactly one wins each', async () => {
  opened = await openTestAuthority({ limits: { ...DEFAULT_LIMITS, access_requests_per_minute: 10_000 } });
  const ann = await enrolFirst(opened);
  const { agent } = await addAgent(opened);
  const { pep } = await opened.authority.registry.addPep({ name: 'proxy', agents: null });
  const ports = [
    opened.authority.consent({ kind: 'door', agent }),
    opened.authority.consent({ kind: 'pep', pep }),
  ];
  let wins = 0;
  const rounds = 1000;
  for (let round = 0; round < rounds; round++) {
    const call = writeCall(agent, { round });
    const id = await approved(opened, ann, ports[0]!, call);
    const answers = await Promise.all(ports.map((port) => port.evaluate(withApproval(call, id))));
    wins += answers.filter(({ decision }) => decision).length;
  }
  expect(wins).toBe(rounds);
});

test('the desk pages through open and ended requests without missing or repeating one', async () => {
  opened = await openTestAuthority();
  const ann = await enrolFirst(opened);
  const { agent, port } = await addAgent(opened);
  const ids: string[] = [];
  for (let n = 0; n < 15; n++) ids.push(await park(port, writeCall(agent, { n })));
  const pages = async (open: boolean): Promise<string[]> => {
    const seen: string[] = [];
    for (let before: string | undefined; ;) {
      const page = await opened.authority.desk.list({
        open,
        limit: 4,
        ...(before === undefined ? {} : { before }),
      });
      seen.push(...page.requests.map(({ id }) => id));
      if (page.next === undefined) return seen;
      before = page.next;
    }
  };
  expect([...(await pages(true))].sort()).toEqual([...ids].sort());
  for (const id of ids) await vote(opened, ann, id, 'deny');
  expect(await pages(true)).toEqual([]);
  expect([...(await pages(false))].sort()).toEqual([...ids].sort());
});

test('the last credential stays, and strangers revoke nothing', async () => {
  opened = await openTestAuthority();
  const ann = await enrolFirst(opened);
  const { enrolment } = opened.authority;
  await expect(enrolment.revokeCredential(ann.approver, ann.approver.credential)).rejects.toMatchObject({
    code: 'conflict',
  });
  const eve = await enrolAnother(opened, ann, 'eve@example.com', 'finance');
  await expect(enrolment.revokeCredential(eve.approver, ann.approver.credential)).rejects.toMatchObject({
    code: 'not_eligible',
  });
});
