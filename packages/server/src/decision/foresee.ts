import {
  canonicalHash,
  ConsentError,
  type CallOptions,
  type Evaluation,
  type Prospect,
} from '@countersign/core';
import type { AuthorityParts } from '../parts.ts';
import { newId } from '../principal/ids.ts';
import type { Agent, Caller } from '../principal/port.ts';
import { actingAgent, credentialOf } from './acting-agent.ts';
import { inChain, putQuestion } from './chain.ts';
import { surroundings } from './decide.ts';
import { askedBy } from './judge.ts';

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
  const { chain } = await putQuestion(parts, caller, agent, first);
  const now = parts.clock();
  const around = await surroundings(parts, caller, agent, now);
  const above = await Promise.all(chain.above.map((each) => surroundings(parts, caller, each, now)));
  const { policy_version, catalog_version } = parts.pdp.info;
  const prospects: Prospect[] = [];
  for (const [index, asked] of questions.entries()) {
    if (index % TURN === TURN - 1) await new Promise((next) => setImmediate(next));
    const evaluation = inChain(asked, chain);
    const own = parts.pdp.foresee({ evaluation, ...around });
    // The strictest holds of the whole chain, as when it is decided.
    const others = above.map((each) =>
      parts.pdp.foresee({ evaluation: askedBy(each.agent.id, evaluation), ...each }),
    );
    prospects.push(others.reduce(worse, own));
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

/** See `ConsentPort.foresight`. Leaving early changes nothing. */
export async function foresight(
  parts: AuthorityParts,
  {
    unlike,
    timeoutMs,
    signal,
  }: CallOptions & { readonly unlike?: string | undefined; readonly timeoutMs: number },
): Promise<string> {
  const version = (): string => {
    const { policy_version, catalog_version } = parts.pdp.info;
    return canonicalHash({ policy_version, catalog_version });
  };
  const { promise: changed, resolve: wake } = Promise.withResolvers<void>();
  // Listening begins before looking, so that no change falls between the two.
  const stop = parts.events.subscribe(({ kind }) => {
    if (kind === 'policies') wake();
  });
  const timer = setTimeout(wake, timeoutMs);
  signal?.addEventListener('abort', () => wake(), { once: true });
  try {
    if (version() === unlike && signal?.aborted !== true) await changed;
  } finally {
    clearTimeout(timer);
    stop();
  }
  return version();
}

const STRICTNESS: Record<Prospect['kind'], number> = { open: 0, perhaps_consent: 1, consent: 2, never: 3 };

function worse(a: Prospect, b: Prospect): Prospect {
  return STRICTNESS[b.kind] > STRICTNESS[a.kind] ? b : a;
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
