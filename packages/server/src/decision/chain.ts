import {
  boundTuple,
  ConsentError,
  partiesOf,
  type BoundTuple,
  type DelegationParty,
  type Evaluation,
  type JsonObject,
} from '@countersign/core';
import type { AuthorityParts } from '../parts.ts';
import type { Agent, Caller, PrincipalStore } from '../principal/port.ts';

/** On whose behalf a question is asked, as the authority knows them now. */
export interface Chain {
  /** The parties, as they are bound, shown and judged by. */
  readonly delegation?: JsonObject;
  /** The enrolled agents of the chain but the one that acts. */
  readonly above: readonly Agent[];
  /** Whether one of them is gone or suspended. */
  readonly inactive: boolean;
  /** Whether somebody in it is neither an enrolled agent nor a known person. */
  readonly unknown: boolean;
}

const ALONE: Chain = { above: [], inactive: false, unknown: false };

/** The chain of a caller, freshly read: who is suspended, or has another owner, is so from the next question on. */
async function chainOf(principals: PrincipalStore, caller: Caller): Promise<Chain> {
  if (caller.kind !== 'door' || caller.delegation === undefined) return ALONE;
  const parties = partiesOf(caller.delegation as unknown as JsonObject) as unknown as DelegationParty[];
  const owners = new Map<string, string>();
  const above: Agent[] = [];
  let inactive = false;
  for (const { agent: id } of parties) {
    if (id === undefined || owners.has(id)) continue;
    const agent = await principals.agent(id);
    inactive ||= agent?.status !== 'active';
    if (agent === undefined) continue;
    owners.set(id, agent.owner_email);
    if (id !== caller.agent.id) above.push(agent);
  }
  return {
    delegation: withOwners(caller.delegation, owners),
    above,
    inactive,
    unknown: parties.some(isUnknown),
  };
}

function withOwners({ act, ...party }: DelegationParty, owners: ReadonlyMap<string, string>): JsonObject {
  const owner = party.agent === undefined ? undefined : owners.get(party.agent);
  return {
    ...party,
    ...(owner === undefined ? {} : { owner }),
    ...(act === undefined ? {} : { act: withOwners(act, owners) }),
  };
}

/** A question as it is asked in a chain. */
export function inChain<T extends Evaluation>(asked: T, { delegation }: Chain): T {
  return delegation === undefined ? asked : { ...asked, context: { ...asked.context, delegation } };
}

/** INVARIANT: somebody of whom nobody knows who it is may be any approver. */
export function isUnknown({ agent, person }: Pick<DelegationParty, 'agent' | 'person'>): boolean {
  return agent === undefined && person === undefined;
}

/** A question as it is judged and bound: with the chain that its caller's credential proves, and no other. */
export interface Put<T extends Evaluation> {
  readonly chain: Chain;
  readonly evaluation: T;
  readonly bound: BoundTuple;
}

/**
 * Puts a caller's question. Throws `forbidden` where it names a chain itself: a chain that no credential proves is
 * refused, not kept. ARAP §"Delegation".
 */
export async function putQuestion<T extends Evaluation>(
  parts: AuthorityParts,
  caller: Caller,
  agent: Agent,
  asked: T,
): Promise<Put<T>> {
  if (asked.context?.['delegation'] !== undefined)
    throw new ConsentError(
      'forbidden',
      'context.delegation is the authority’s own: it comes from a verified token',
    );
  const chain = await chainOf(parts.principals, caller);
  const evaluation = inChain(asked, chain);
  return { chain, evaluation, bound: boundTuple(evaluation, { authority: parts.id, agent: agent.id }) };
}
