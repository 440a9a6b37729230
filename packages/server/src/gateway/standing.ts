import { canonicalHash, type DelegationParty, type JsonObject } from '@countersign/core';

/** An agent, and on whose behalf it calls. */
export interface OnBehalf {
  readonly agentId: string;
  readonly delegation?: DelegationParty | undefined;
}

/** For whom something that was kept was begun. */
export function behalfOf({
  agent,
  delegation,
}: {
  readonly agent: string;
  readonly delegation?: DelegationParty;
}): OnBehalf {
  return { agentId: agent, delegation };
}

/** One text for an agent on behalf of somebody: what it has begun so, it cannot go on with on behalf of another. */
export function standingOf({ agentId, delegation }: OnBehalf): string {
  return delegation === undefined
    ? agentId
    : `${agentId}/${canonicalHash(delegation as unknown as JsonObject)}`;
}

/** The agent of a standing. */
export function agentIn(standing: string): string {
  return standing.split('/')[0] ?? standing;
}
