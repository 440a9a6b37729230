import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallerPort } from '../../packages/server/src/faces.ts';
import type { Agent } from '../../packages/server/src/principal/port.ts';
import {
  addAgent,
  enrolAnother,
  enrolFirst,
  OBLIGATIONS,
  openTestAuthority,
  vote,
  withApproval,
  writeCall,
  type Opened,
} from './fixture.ts';

// The simplest thing that could be right: plain records, one action each, no store and no concurrency.
interface ModelRequest {
  status: 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';
  readonly expires: number;
  readonly action: number;
  votes: Set<string>;
  endedAt: number;
  approvedUntil: number;
  usesLeft: number;
  revoked: boolean;
}
interface Model {
  now: number;
  readonly requests: Map<string, ModelRequest>;
}
interface Real {
  opened: Opened;
  readonly agent: Agent;
  readonly voters: Awaited<ReturnType<typeof enrolFirst>>[];
  readonly approvals: Map<string, string>;
}

const ACTIONS = 3;
const QUORUM = 2;
const USES = 2;
const MINUTE = 60_000;

type Command = fc.AsyncCommand<Model, Real>;

const port = (real: Real): CallerPort => real.opened.authority.consent({ kind: 'door', agent: real.agent });
const call = (real: Real, action: number) => writeCall(real.agent, { action });

function settle(model: Model): void {
  for (const request of model.requests.values()) {
    if (request.status === 'pending' && request.expires <= model.now) {
      request.status = 'expired';
      request.endedAt = request.expires;
    }
  }
}
const of = (model: Model, action: number) =>
  [...model.requests.entries()].filter(([, r]) => r.action === action);
const live = (model: Model, r: ModelRequest) =>
  r.status === 'approved' && r.approvedUntil > model.now && r.usesLeft > 0 && !r.revoked;

class Ask implements Command {
  readonly action: number;
  constructor(action: number) {
    this.action = action;
  }
  check = () => true;
  toString = () => `ask(${this.action})`;
  async run(model: Model, real: Real): Promise<void> {
    settle(model);
    const answer = await port(real).evaluate(call(real, this.action));
    expect(answer.decision).toBe(false);
    if (answer.decision) return;
    const mine = of(model, this.action);
    const deniedLately = mine.some(([, r]) => r.status === 'denied' && model.now - r.endedAt < 10 * MINUTE);
    expect(answer.context.reason).toBe(deniedLately ? 'recently_denied' : 'approval_required');
    if (deniedLately) return;
    const lives = mine.filter(([, r]) => live(model, r)).map(([id]) => real.approvals.get(id));
    if (lives.length > 0) expect(lives).toContain(answer.context.approval?.id);
    else expect(answer.context.approval).toBeUndefined();
    const task = await port(real).request({
      ...call(real, this.action),
      denial: { evaluation_id: answer.context.evaluation_id },
    });
    const pending = mine.find(([, r]) => r.status === 'pending');
    if (pending !== undefined) expect(task.id).toBe(pending[0]);
    else {
      model.requests.set(task.id, {
        status: 'pending',
        expires: model.now + 60 * MINUTE,
        action: this.action,
        votes: new Set(),
        endedAt: 0,
        approvedUntil: 0,
        usesLeft: 0,
        revoked: false,
      });
    }
  }
}

class Vote implements Command {
  readonly nth: number;
  readonly voter: number;
  readonly decision: 'approve' | 'deny';
  constructor(nth: number, voter: number, decision: 'approve' | 'deny') {
    this.nth = nth;
    this.voter = voter;
    this.decision = decision;
  }
  check = (model: Readonly<Model>) => model.requests.size > 0;
  toString = () => `vote(${this.nth}, voter ${this.voter}, ${this.decision})`;
  async run(model: Model, real: Real): Promise<void> {
    settle(model);
    const [id, request] = [...model.requests.entries()][this.nth % model.requests.size]!;
    const voter = real.voters[this.voter]!;
    const outcome = await vote(real.opened, voter, id, this.decision).then(
      (view) => view,
      (error: { code: string }) => error.code,
    );
    if (request.status !== 'pending') {
      expect(outcome).toBe('invalid_task_state');
      return;
    }
    if (request.votes.has(voter.approver.person)) {
      expect(outcome).toBe('already_voted');
      return;
    }
    if (typeof outcome === 'string') throw new Error(`a good vote was refused: ${outcome}`);
    request.votes.add(voter.approver.person);
    if (this.decision === 'deny') {
      request.status = 'denied';
      request.endedAt = model.now;
    } else if (request.votes.size === QUORUM) {
      request.status = 'approved';
      request.endedAt = model.now;
      request.approvedUntil = model.now + OBLIGATIONS.ttl_seconds * 1000;
      request.usesLeft = USES;
      real.approvals.set(id, outcome.approval?.id ?? 'none');
    }
    expect(outcome.status).toBe(request.status);
  }
}

class Use implements Command {
  readonly nth: number;
  readonly action: number;
  readonly together: number;
  constructor(nth: number, action: number, together: number) {
    this.nth = nth;
    this.action = action;
    this.together = together;
  }
  check = (model: Readonly<Model>) =>
    [...model.requests.values()].some(({ status }) => status === 'approved');
  toString = () => `use(${this.nth}, action ${this.action}, ${this.together} at once)`;
  async run(model: Model, real: Real): Promise<void> {
    const granted = [...model.requests.entries()].filter(([, r]) => r.status === 'approved');
    const [id, request] = granted[this.nth % granted.length]!;
    const question = withApproval(call(real, this.action), real.approvals.get(id)!);
    const answers = await Promise.all(
      Array.from({ length: this.together }, () => port(real).evaluate(question)),
    );
    const wins = answers.filter(({ decision }) => decision).length;
    const may = request.action === this.action && live(model, request);
    expect(wins).toBe(may ? Math.min(this.together, request.usesLeft) : 0);
    request.usesLeft -= wins;
  }
}

class Cancel implements Command {
  readonly nth: number;
  constructor(nth: number) {
    this.nth = nth;
  }
  check = (model: Readonly<Model>) => model.requests.size > 0;
  toString = () => `cancel(${this.nth})`;
  async run(model: Model, real: Real): Promise<void> {
    const [id, request] = [...model.requests.entries()][this.nth % model.requests.size]!;
    await real.opened.parts.requests.expireDue(model.now);
    settle(model);
    const done = await port(real)
      .cancel(id)
      .then(
        () => true,
        () => false,
      );
    expect(done).toBe(request.status === 'pending');
    if (done) {
      request.status = 'cancelled';
      request.endedAt = model.now;
    }
  }
}

class Revoke implements Command {
  readonly nth: number;
  constructor(nth: number) {
    this.nth = nth;
  }
  check = (model: Readonly<Model>) =>
    [...model.requests.values()].some(({ status }) => status === 'approved');
  toString = () => `revoke(${this.nth})`;
  async run(model: Model, real: Real): Promise<void> {
    const granted = [...model.requests.entries()].filter(([, r]) => r.status === 'approved');
    const [id, request] = granted[this.nth % granted.length]!;
    await real.opened.authority.desk.revokeApproval(real.voters[0]!.approver, real.approvals.get(id)!);
    request.revoked = true;
  }
}

class Pass implements Command {
  readonly minutes: number;
  constructor(minutes: number) {
    this.minutes = minutes;
  }
  check = () => true;
  toString = () => `pass(${this.minutes} min)`;
  async run(model: Model, real: Real): Promise<void> {
    model.now += this.minutes * MINUTE;
    real.opened.time.now = model.now;
  }
}

class Restart implements Command {
  check = () => true;
  toString = () => 'restart';
  async run(_model: Model, real: Real): Promise<void> {
    real.opened = await real.opened.reopen();
  }
}

test('any history of asking, voting, using, cancelling, revoking, waiting and restarting is that of the model', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands(
        [
          fc.nat(ACTIONS - 1).map((action) => new Ask(action)),
          fc.nat(ACTIONS - 1).map((action) => new Ask(action)),
          fc.tuple(fc.nat(9), fc.nat(2)).map(([nth, voter]) => new Vote(nth, voter, 'approve')),
          fc.tuple(fc.nat(9), fc.nat(2)).map(([nth, voter]) => new Vote(nth, voter, 'approve')),
          fc.tuple(fc.nat(9), fc.nat(2)).map(([nth, voter]) => new Vote(nth, voter, 'deny')),
          fc.tuple(fc.nat(9), fc.nat(ACTIONS - 1), fc.integer({ min: 1, max: 4 })).map((a) => new Use(...a)),
          fc.nat(9).map((nth) => new Cancel(nth)),
          fc.nat(9).map((nth) => new Revoke(nth)),
          fc.constantFrom(1, 9, 14, 61).map((minutes) => new Pass(minutes)),
          fc.constant(new Restart()),
        ],
        { maxCommands: 40 },
      ),
      async (commands) => {
        const opened = await openTestAuthority();
        opened.pdp.obligations = {
          ...OBLIGATIONS,
          groups: [{ group: 'approvers', quorum: QUORUM }],
          max_uses: USES,
        };
        const ann = await enrolFirst(opened);
        const voters = [ann];
        for (const email of ['bob@example.com', 'cat@example.com']) {
          voters.push(await enrolAnother(opened, ann, email));
        }
        const { agent } = await addAgent(opened);
        const real: Real = { opened, agent, voters, approvals: new Map() };
        try {
          const model: Model = { now: opened.time.now, requests: new Map() };
          await fc.asyncModelRun(() => ({ model, real }), commands);
          expect((await real.opened.authority.log.verify()).problems).toEqual([]);
        } finally {
          await real.opened.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});
