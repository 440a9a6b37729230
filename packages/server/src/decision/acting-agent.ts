import { canonicalHash, ConsentError, type Evaluation, type JsonObject } from '@countersign/core';
import type { Agent, Caller, PrincipalStore } from '../principal/port.ts';

/** Names the credential that a task, a claim and an idempotency key belong to. */
export function credentialOf(caller: Caller): string {
  switch (caller.kind) {
    case 'agent':
      return caller.agent.id;
    case 'pep':
      return caller.pep.id;
    case 'door': {
      const { agent, delegation } = caller;
      const own = `${DOOR_PREFIX}${agent.id}`;
      // What was begun on behalf of one is nothing to the same agent on behalf of another.
      return delegation === undefined ? own : `${own}/${canonicalHash(delegation as unknown as JsonObject)}`;
    }
  }
}

/** Credentials of doors in the authority's own process: their open claims end with it. */
export const DOOR_PREFIX = 'door:';

/**
 * The agent that acts, freshly read. An agent's own key and a door speak for that agent alone, as its own
 * subject; a PEP names it in `context.agent` (COAZ), and one that is limited to a single agent need not, so that it
 * can be any AuthZEN client. Throws `forbidden`, `invalid_request`.
 */
export async function actingAgent(
  principals: PrincipalStore,
  caller: Caller,
  question: Pick<Evaluation, 'context'> & {
    readonly subject: { readonly type: string; readonly id?: string };
  },
): Promise<Agent> {
  const named = question.context?.['agent'];
  if (named !== undefined && typeof named !== 'string') {
    throw new ConsentError('invalid_request', 'context.agent must be the id of the acting agent');
  }
  if (caller.kind === 'pep') {
    const { agents } = caller.pep;
    const id = named ?? (agents?.length === 1 ? agents[0] : undefined);
    if (id === undefined) {
      throw new ConsentError('invalid_request', 'context.agent is missing: it names the acting agent');
    }
    const agent = agents !== null && !agents.includes(id) ? undefined : await principals.agent(id);
    if (agent === undefined) throw new ConsentError('forbidden', 'this key may not ask for that agent');
    return agent;
  }
  const { id } = caller.agent;
  if (named !== undefined && named !== id)
    throw new ConsentError('forbidden', 'an agent may ask for itself alone');
  if (caller.kind === 'agent' && (question.subject.type !== 'identity' || question.subject.id !== id)) {
    throw new ConsentError('forbidden', `an agent's own key asks as subject identity "${id}" alone`);
  }
  const agent = await principals.agent(id);
  if (agent === undefined) throw new ConsentError('unauthenticated', 'the agent is gone');
  return agent;
}
