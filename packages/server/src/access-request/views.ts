import {
  tally,
  type ApprovalView,
  type RequestSummary,
  type RequestView,
  type VoteView,
} from '@countersign/core';
import { rfc3339, type AuthorityParts } from '../parts.ts';
import type { Approval, Claim } from '../approval/port.ts';
import { isOwnRequest, judgeBy, whyIneligible } from './eligibility.ts';
import type { AccessRequest, StandingVote } from './port.ts';

/** A line of the inbox or history. */
export async function summaryOf(parts: AuthorityParts, request: AccessRequest): Promise<RequestSummary> {
  const { summary } = await gather(parts, request);
  return summary;
}

/** Everything on the request page, as one person sees it. */
export async function viewOf(
  parts: AuthorityParts,
  request: AccessRequest,
  viewer: { readonly person: string; readonly email: string } | undefined,
): Promise<RequestView> {
  const { summary, votes, approval, claims, approvers } = await gather(parts, request);
  const why = await whyNot(parts, request, votes, approvers, viewer);
  return {
    ...summary,
    question: request.question,
    votes: votes.map(voteView),
    ...(approval === undefined ? {} : { approval: approvalView(approval, claims, parts.clock()) }),
    ...(why === undefined ? {} : { cannot_vote: why }),
    self_approval: viewer !== undefined && isOwnRequest(request.question, viewer.email),
  };
}

async function gather(parts: AuthorityParts, request: AccessRequest) {
  const votes = await parts.requests.votes(request.id);
  const approvers = await parts.principals.approverCount();
  const approval = await parts.approvals.approvalOf(request.id);
  const claims = approval === undefined ? [] : await parts.approvals.claims(approval.id);
  const { question } = request;
  const counted = tally(question.obligations, judgeBy(parts.config)(question, votes, approvers));
  const disposition = claims.at(-1)?.late_disposition ?? claims.at(-1)?.disposition;
  const summary: RequestSummary = {
    id: request.id,
    status: request.status,
    created_at: rfc3339(request.created_at),
    expires_at: rfc3339(request.expires_at),
    ...(request.ended_at === undefined ? {} : { ended_at: rfc3339(request.ended_at) }),
    agent: question.agent,
    action: question.bound.action.name,
    resource: question.bound.resource.id,
    effects: question.delta.facts.effects,
    reviewed: question.delta.facts.reviewed,
    groups: counted.groups,
    ...(disposition === undefined ? {} : { disposition }),
    self_approved: votes.some((vote) => vote.statement.self_approved),
    votes_by: votes.map(({ email, statement }) => ({ email, decision: statement.decision })),
  };
  return { summary, votes, approval, claims, approvers };
}

async function whyNot(
  parts: AuthorityParts,
  request: AccessRequest,
  votes: readonly StandingVote[],
  approvers: number,
  viewer: { readonly person: string; readonly email: string } | undefined,
): Promise<string | undefined> {
  if (viewer === undefined) return 'sign in to vote';
  if (request.status !== 'pending') return `the request is ${request.status}`;
  if (request.expires_at <= parts.clock()) return 'the request has expired';
  if (votes.some((vote) => vote.statement.approver === viewer.person)) return 'you have voted already';
  const person = await parts.principals.person(viewer.person);
  if (person === undefined) return 'you are not enrolled';
  return whyIneligible(request.question, person, parts.config, approvers);
}

function voteView(vote: StandingVote): VoteView {
  const { statement } = vote;
  return {
    person: statement.approver,
    email: vote.email,
    decision: statement.decision,
    assurance: vote.evidence.kind,
    self_approved: statement.self_approved,
    ...(statement.note === undefined ? {} : { note: statement.note }),
    cast_at: rfc3339(vote.cast_at),
  };
}

function approvalView(approval: Approval, claims: readonly Claim[], now: number): ApprovalView {
  return {
    id: approval.id,
    approved_until: rfc3339(approval.approved_until),
    uses: approval.uses,
    max_uses: approval.max_uses,
    state: stateOf(approval, now),
    claims: claims.map((claim) => {
      const disposition = claim.late_disposition ?? claim.disposition;
      return {
        id: claim.id,
        claimed_at: rfc3339(claim.claimed_at),
        ...(disposition === undefined ? {} : { disposition }),
        ...(claim.reported_at === undefined ? {} : { reported_at: rfc3339(claim.reported_at) }),
      };
    }),
  };
}

function stateOf(approval: Approval, now: number): ApprovalView['state'] {
  if (approval.revoked_at !== undefined) return 'revoked';
  if (approval.uses >= approval.max_uses) return 'consumed';
  return approval.approved_until <= now ? 'expired' : 'active';
}
