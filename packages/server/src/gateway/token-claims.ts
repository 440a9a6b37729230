import type { DelegationParty, JsonObject, Subject } from '@countersign/core';

/** Who calls, as the authority names them. */
export interface CallerNames {
  readonly agentId: string;
  /** Who vouches for the agent: the authority's id. */
  readonly issuer: string;
  readonly delegation?: DelegationParty | undefined;
}

/**
 * The claims that a COAZ mapping sees, of whatever credential. INVARIANT: an agent is the same by its API key and by a
 * token, and they hold nothing that changes from one token to the next, so that consent to a call outlasts its token.
 */
export function claimsOf({ agentId, issuer, delegation }: CallerNames): JsonObject {
  if (delegation === undefined) return { iss: issuer, sub: agentId, client_id: agentId };
  return { ...named(delegation, issuer), client_id: agentId };
}

/** COAZ-MCP §"Subject": "MUST" be the token's. Two issuers may call two people alike, so it says whose it is. */
export function subjectOf(names: CallerNames): Subject {
  if (names.delegation === undefined) return { type: 'identity', id: names.agentId };
  const { iss, sub } = named(names.delegation, names.issuer);
  return { type: 'identity', id: sub, properties: { iss } };
}

function named(
  { iss, sub, agent, act }: DelegationParty,
  issuer: string,
): { readonly iss: string; readonly sub: string } & JsonObject {
  return {
    ...(agent === undefined ? { iss, sub } : { iss: issuer, sub: agent }),
    ...(act === undefined ? {} : { act: named(act, issuer) }),
  };
}
