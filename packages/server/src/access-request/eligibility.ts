import { partiesOf, type ConsentQuestion, type VoteStanding } from '@countersign/core';
import { isUnknown } from '../decision/chain.ts';
import type { Judge, StandingVote } from './port.ts';

/** What of the configuration decides who counts. */
export interface EligibilityRules {
  readonly single_operator: boolean;
}

/** A candidate approver, as known now. */
export interface Candidate {
  readonly email: string;
  readonly groups: readonly string[];
}

/** Whether the candidate is the agent's owner or stands behind the request, or may, where it is unknown who does. */
export function isOwnRequest(question: ConsentQuestion, email: string): boolean {
  return email === question.agent.owner || requesters(question).has(email) || isFromUnknown(question);
}

function isFromUnknown({ bound }: ConsentQuestion): boolean {
  return partiesOf(bound.context['delegation']).some(isUnknown);
}

/**
 * Why a candidate may not vote on this question, or undefined. The owner and the requester may not, unless
 * a one-person set-up allows it by name, and that only while there is one approver. Design §4.
 */
export function whyIneligible(
  question: ConsentQuestion,
  candidate: Candidate,
  rules: EligibilityRules,
  approvers: number,
): string | undefined {
  const wanted = question.obligations.groups.map(({ group }) => group);
  if (!wanted.some((group) => candidate.groups.includes(group)))
    return `not a member of ${wanted.join(' or ')}`;
  if (!isOwnRequest(question, candidate.email)) return undefined;
  if (!rules.single_operator)
    return isFromUnknown(question)
      ? 'nobody can vote on it while it is unknown on whose behalf it runs'
      : 'the owner of the agent and its requester cannot vote on it';
  return approvers > 1 ? 'single_operator ends once there is a second approver' : undefined;
}

/** Judges stored votes anew with what is known of their casters now. */
export function judgeBy(rules: EligibilityRules): Judge {
  return (question, votes, approvers) => votes.map((vote) => standingOf(question, vote, rules, approvers));
}

function standingOf(
  question: ConsentQuestion,
  vote: StandingVote,
  rules: EligibilityRules,
  approvers: number,
): VoteStanding {
  const why = vote.credential_revoked
    ? 'the credential was revoked'
    : whyIneligible(question, vote, rules, approvers);
  return {
    person: vote.statement.approver,
    decision: vote.statement.decision,
    assurance: vote.evidence.kind,
    groups: vote.groups,
    ...(why === undefined ? {} : { ineligible: why }),
  };
}

/** E-mail addresses of the people on whose behalf the action runs: the subject, its delegation chain and who answers for the agents in it. */
function requesters(question: ConsentQuestion): Set<string> {
  const people = new Set<string>();
  const add = (id: unknown): void => {
    if (typeof id === 'string' && id.includes('@')) people.add(id.trim().normalize('NFKC').toLowerCase());
  };
  add(question.bound.subject.id);
  add(question.bound.subject.properties?.['email']);
  for (const { sub, person, owner } of partiesOf(question.bound.context['delegation']))
    for (const id of [sub, person, owner]) add(id);
  return people;
}
