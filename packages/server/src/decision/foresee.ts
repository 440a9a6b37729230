import { ConsentError, type Evaluation, type Prospect } from '@countersign/core';
import type { AuthorityParts } from '../parts.ts';
import { newId } from '../principal/ids.ts';
import type { Agent, Caller } from '../principal/port.ts';
import { actingAgent, credentialOf } from './acting-agent.ts';
import { surroundings } from './decide.ts';

/** Questions of one look ahead. */
export const MAX_FORESEEN = 1000;
/** Questions between which other callers have their turn. */
const TURN = 50;

/**
 * What can come of each question. It permits nothing, files nothing, spends nothing and adds to no session; one entry
 * says that somebody looked, before the answer leaves. All questions are one agent's.
 */
export async function foresee(
  parts: AuthorityParts,
  caller: Caller,
  questions: readonly Evaluation[],
): Promise<readonly Prospect[]> {
  const [first] = questions;
  if (first === undefined) return [];
  if (questions.length > MAX_FORESEEN)
    throw new ConsentError('invalid_request', `evaluations: more than ${MAX_FORESEEN}`);
  const agent = await agentOf(parts, caller, questions);
  const around = await surroundings(parts, caller, agent, parts.clock());
  const { policy_version, catalog_version } = parts.pdp.info;
  const prospects: Prospect[] = [];
  for (const [index, evaluation] of questions.entries()) {
    if (index % TURN === TURN - 1) await new Promise((next) => setImmediate(next));
    prospects.push(parts.pdp.foresee({ evaluation, ...around }));
  }
  await parts.audit.appendAlone({
    type: 'foresight',
    evaluation_id: newId(parts, 'evl'),
    agent: agent.id,
    credential: credentialOf(caller),
    asked: questions.length,
    never: prospects.filter(({ kind }) => kind === 'never').length,
    policy_version,
    catalog_version,
  });
  return prospects;
}

async function agentOf(
  parts: AuthorityParts,
  caller: Caller,
  questions: readonly Evaluation[],
): Promise<Agent> {
  // Each names its agent and subject, and none may be another's; they mostly are the same few values.
  const named = new Map(
    questions.map((each) => [JSON.stringify([each.context?.['agent'], each.subject]), each]),
  );
  const agents = await Promise.all(
    [...named.values()].map((each) => actingAgent(parts.principals, caller, each)),
  );
  const [agent] = agents;
  if (agent === undefined || agents.some(({ id }) => id !== agent.id))
    throw new ConsentError('invalid_request', 'all questions of one look ahead must be of one agent');
  return agent;
}
