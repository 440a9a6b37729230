import {
  bindingHash,
  canonicalHash,
  ConsentError,
  JsonError,
  type BoundTuple,
  type ConsentQuestion,
  type Decision,
  type Denial,
  type DenialReason,
  type EvaluateOptions,
  type Evaluation,
  type JsonObject,
} from '@countersign/core';
import type { AuditEvent } from '../audit/entry.ts';
import { claimUse, type ClaimRequest } from '../approval/claiming.ts';
import type { Asked } from './asked.ts';
import { rfc3339, type AuthorityParts } from '../parts.ts';
import { explanationText } from '../pdp/explanation-text.ts';
import type { PolicyAnswer, PolicyQuestion } from '../pdp/port.ts';
import { newId } from '../principal/ids.ts';
import type { Agent, Caller } from '../principal/port.ts';
import { actingAgent, credentialOf } from './acting-agent.ts';
import { putQuestion } from './chain.ts';
import { denial, nextAction } from './denial.ts';
import { deniedUntil } from './denied-lately.ts';
import { judge } from './judge.ts';
import { pepObligations, unsupported } from './pep-obligations.ts';

/** How long a requestable denial can be filed. */
const DENIAL_LIFE_MS = 10 * 60_000;
/** The window over which an agent's labels accumulate. */
const LABEL_WINDOW_MS = 60 * 60_000;

/**
 * Answers one question: gather, judge, then permit, forbid, step up or claim. INVARIANT: every answer
 * is in the log before it leaves; what cannot be recorded is a deny, and that is decided here alone.
 */
export async function decide(
  parts: AuthorityParts,
  caller: Caller,
  evaluation: Evaluation,
  options: EvaluateOptions = {},
): Promise<Decision> {
  const asked = await gather(parts, caller, evaluation);
  try {
    if (asked.agent.status !== 'active' || asked.chain.inactive)
      return await refuse(parts, asked, 'agent_inactive');
    const question = await policyQuestion(parts, asked);
    const answer = judge(parts, question, await surroundingsAbove(parts, asked));
    const decision = obliging(asked, answer, await answerTo(parts, asked, answer, options));
    return caller.kind === 'pep' && caller.pep.explains ? explained(parts, question, decision) : decision;
  } catch (error) {
    if (error instanceof ConsentError) throw error;
    return denial(asked, 'log_unavailable');
  }
}

async function answerTo(
  parts: AuthorityParts,
  asked: Asked,
  answer: PolicyAnswer,
  options: EvaluateOptions,
): Promise<Decision> {
  const approval = approvalNamed(asked.evaluation);
  // Before anybody is asked or anything is spent in vain: it "MAY … issue a DENY decision outright" (Obligations profile).
  const mayPermit = answer.kind === 'permit' || answer.kind === 'step_up';
  if (mayPermit && unsupported(asked.evaluation, answer) !== undefined)
    return await refuse(parts, asked, 'obligation_unsupported', answer);
  switch (answer.kind) {
    case 'indeterminate':
      return await refuse(parts, asked, 'indeterminate', answer);
    case 'forbid':
      return await refuse(parts, asked, 'policy_denied', answer);
    case 'permit':
      return await permit(parts, asked, answer, options.onReadPermit);
    case 'step_up':
      // With one operator alone, it is his own request at worst, and marked as such.
      if (asked.chain.unknown && !parts.config.single_operator)
        return await refuse(parts, asked, 'requester_unknown', answer);
      return approval === undefined
        ? await stepUp(parts, asked, answer)
        : await spend(parts, { asked, answer, approval, idempotencyKey: options.idempotencyKey });
  }
}

/** What policy asks of the enforcement point, beside a permit and beside what policy forbids. */
function obliging(asked: Asked, answer: PolicyAnswer, decision: Decision): Decision {
  const final = decision.decision || answer.kind === 'forbid';
  if (!final || answer.duties.length === 0) return decision;
  const outcome = decision.decision ? 'permitted' : 'denied';
  const obligations = pepObligations(asked.id, asked.agent.id, asked.evaluation, answer, outcome);
  if (obligations.length === 0) return decision;
  return { ...decision, context: { ...decision.context, obligations } } as Decision;
}

/** INVARIANT: why is told after the decision is made and recorded, and no failure to tell it changes it. */
function explained(parts: AuthorityParts, question: PolicyQuestion, decision: Decision): Decision {
  try {
    const reason_admin = { en: explanationText(parts.pdp.explain(question)) };
    return { ...decision, context: { ...decision.context, reason_admin } } as Decision;
  } catch {
    return decision;
  }
}

async function gather(parts: AuthorityParts, caller: Caller, question: Evaluation): Promise<Asked> {
  const agent = await actingAgent(parts.principals, caller, question);
  const { chain, evaluation, bound } = await putQuestion(parts, caller, agent, question);
  return {
    id: newId(parts, 'evl'),
    now: parts.clock(),
    caller,
    credential: credentialOf(caller),
    agent,
    chain,
    evaluation,
    bound,
    binding_hash: hashOrRefuse(bound),
  };
}

function hashOrRefuse(bound: BoundTuple): string {
  try {
    return bindingHash(bound);
  } catch (error) {
    if (error instanceof JsonError)
      throw new ConsentError('invalid_request', error.message, { cause: error });
    throw error;
  }
}

async function policyQuestion(parts: AuthorityParts, asked: Asked): Promise<PolicyQuestion> {
  const { agent, caller, evaluation, now } = asked;
  return { evaluation, ...(await surroundings(parts, caller, agent, now)) };
}

/** How each agent above in the chain would ask it. */
async function surroundingsAbove(
  parts: AuthorityParts,
  { caller, chain, now }: Asked,
): Promise<readonly Omit<PolicyQuestion, 'evaluation'>[]> {
  return await Promise.all(chain.above.map((agent) => surroundings(parts, caller, agent, now)));
}

/** All that a policy can see besides the evaluation itself. */
export async function surroundings(
  parts: AuthorityParts,
  caller: Caller,
  { id, name, owner_email, status }: Agent,
  now: number,
): Promise<Omit<PolicyQuestion, 'evaluation'>> {
  return {
    overlay: caller.kind !== 'agent',
    agent: { id, name, owner: owner_email, status, groups: [] },
    session: { labels: await parts.sessions.labels(id, now - LABEL_WINDOW_MS) },
  };
}

async function permit(
  parts: AuthorityParts,
  asked: Asked,
  answer: PolicyAnswer,
  onReadPermit: (() => void) | undefined,
): Promise<Decision> {
  const { effects } = answer.facts;
  if (effects.length > 0 && effects.every((effect) => effect === 'read')) onReadPermit?.();
  await remember(parts, asked, answer);
  await parts.requests.recordDecision(decisionEvent(asked, answer));
  return { decision: true, context: { evaluation_id: asked.id, evaluated_at: rfc3339(asked.now) } };
}

async function stepUp(
  parts: AuthorityParts,
  asked: Asked,
  answer: PolicyAnswer & { kind: 'step_up' },
): Promise<Decision> {
  const { agent, binding_hash, now } = asked;
  const until = await deniedUntil(parts, agent.id, binding_hash, now);
  if (until !== undefined) {
    const retry_after = Math.ceil((until - now) / 1000);
    return await refuse(parts, asked, 'recently_denied', answer, { retry_after });
  }
  const [live, pending] = await Promise.all([
    parts.approvals.findLive(agent.id, binding_hash, now),
    parts.requests.pendingFor(agent.id, binding_hash, now),
  ]);
  return await requestable(parts, asked, answer, 'approval_required', {
    ...(live === undefined
      ? {}
      : { approval: { id: live.id, approved_until: rfc3339(live.approved_until) } }),
    ...(pending === undefined ? {} : { pending_request_id: pending.id }),
  });
}

/** A denial that can be filed: it is remembered, so that a submission can be bound to it. */
async function requestable(
  parts: AuthorityParts,
  asked: Asked,
  answer: PolicyAnswer & { kind: 'step_up' },
  reason: DenialReason,
  more: Partial<Denial['context']>,
  approval?: string,
): Promise<Denial> {
  const expires_at = asked.now + DENIAL_LIFE_MS;
  const event = decisionEvent(asked, answer, reason);
  await parts.requests.recordDecision(approval === undefined ? event : { ...event, approval }, {
    id: asked.id,
    agent: asked.agent.id,
    credential: asked.credential,
    binding_hash: asked.binding_hash,
    question: questionOf(parts, asked, answer),
    expires_at,
  });
  return denial(asked, reason, {
    access_request: {
      endpoint: '/access/v1/requests',
      expires_at: rfc3339(expires_at),
      display: {
        title: 'consent needed',
        description: answer.obligations.groups.map((g) => `${g.quorum} of group ${g.group}`).join(' and '),
      },
      ...(answer.precondition === undefined ? {} : { precondition: answer.precondition }),
    },
    ...more,
  });
}

async function spend(parts: AuthorityParts, request: ClaimRequest): Promise<Decision> {
  const { asked, answer } = request;
  await remember(parts, asked, answer);
  const outcome = await claimUse(parts, request);
  if (outcome.kind === 'refused') {
    const { reason } = outcome;
    // ARAP: with `next_action: request` the PDP "MUST also include a fresh `context.access_request`".
    return nextAction(reason) === 'request'
      ? await requestable(parts, asked, answer, reason, {}, request.approval.id)
      : await refuse(parts, asked, reason, answer, {}, request.approval.id);
  }
  return {
    decision: true,
    context: {
      evaluation_id: asked.id,
      evaluated_at: rfc3339(asked.now),
      approval: {
        id: request.approval.id,
        approved_until: rfc3339(outcome.approved_until),
        claim_id: outcome.claim.id,
        lease_until: rfc3339(outcome.claim.lease_until),
      },
    },
  };
}

/** The labels of what will be read are kept before the answer that lets it be read; what is read on behalf of others goes to them. */
async function remember(
  parts: AuthorityParts,
  { agent, chain, now }: Asked,
  { facts }: PolicyAnswer,
): Promise<void> {
  if (facts.labels.length === 0) return;
  for (const { id } of [agent, ...chain.above]) {
    const known = await parts.sessions.labels(id, now - LABEL_WINDOW_MS / 2);
    const fresh = facts.labels.filter((label) => !known.includes(label));
    if (fresh.length > 0) await parts.sessions.touch(id, fresh, now);
  }
}

async function refuse(
  parts: AuthorityParts,
  asked: Asked,
  reason: DenialReason,
  answer?: PolicyAnswer,
  more: Partial<Denial['context']> = {},
  approval?: string,
): Promise<Denial> {
  await parts.requests.recordDecision({
    ...decisionEvent(asked, answer, reason),
    ...(approval === undefined ? {} : { approval }),
    ...(answer === undefined ? pdpVersions(parts) : {}),
  });
  return denial(asked, reason, more);
}

function decisionEvent(
  asked: Asked,
  answer: PolicyAnswer | undefined,
  reason?: DenialReason,
): AuditEvent & { type: 'decision' } {
  return {
    type: 'decision',
    evaluation_id: asked.id,
    agent: asked.agent.id,
    credential: asked.credential,
    result: answer === undefined ? 'refused' : answer.kind,
    action: asked.bound.action.name,
    resource: `${asked.bound.resource.type}/${asked.bound.resource.id}`,
    binding_hash: asked.binding_hash,
    policies: answer?.policies.map(({ id }) => id) ?? [],
    policy_version: answer?.policy_version ?? '',
    catalog_version: answer?.catalog_version ?? '',
    ...(reason === undefined ? {} : { reason }),
    ...delegationOf(asked),
  };
}

function delegationOf({ chain, agent }: Asked): Pick<AuditEvent & { type: 'decision' }, 'delegation'> {
  if (chain.delegation === undefined) return {};
  const agents = [agent, ...chain.above].map(({ id }) => id);
  return { delegation: { agents, hash: canonicalHash(chain.delegation) } };
}

function pdpVersions(parts: AuthorityParts): { policy_version: string; catalog_version: string } {
  const { policy_version, catalog_version } = parts.pdp.info;
  return { policy_version, catalog_version };
}

function questionOf(
  parts: AuthorityParts,
  asked: Asked,
  answer: PolicyAnswer & { kind: 'step_up' },
): ConsentQuestion {
  return {
    version: 1,
    authority: parts.id,
    tenant: parts.tenant,
    id: '',
    created_at: '',
    expires_at: '',
    agent: { id: asked.agent.id, name: asked.agent.name, owner: asked.agent.owner_email },
    reported_by: asked.caller.kind === 'agent' ? 'self' : 'pep',
    bound: asked.bound,
    binding_hash: asked.binding_hash,
    delta: {
      version: 1,
      boundary: { kind: 'policy', policy_version: answer.policy_version },
      facts: answer.facts,
      policies: answer.policies,
    },
    obligations: answer.obligations,
    policy_version: answer.policy_version,
  };
}

function approvalNamed(evaluation: Evaluation): ClaimRequest['approval'] | undefined {
  const approval = evaluation.context?.['approval'];
  if (approval === undefined) return undefined;
  const { id, state } = typeof approval === 'object' && approval !== null ? (approval as JsonObject) : {};
  if (typeof id !== 'string')
    throw new ConsentError('invalid_request', 'context.approval must be an object with an id');
  return { id, ...(state === undefined ? {} : { state }) };
}
