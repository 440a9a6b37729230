import type { JsonObject, JsonValue } from '../json/value.ts';
import { isObject } from '../object.ts';

/**
 * A party of a delegation chain: on top the subject on whose behalf it all runs, in its `act` who acts for it now, and
 * in that one's `act` who acted before. RFC 8693 §4.1.
 */
export interface DelegationParty {
  /** Who vouches for `sub`. */
  readonly iss: string;
  readonly sub: string;
  /** The client that the token was issued to, of the subject alone. */
  readonly client_id?: string;
  /** The id of the enrolled agent that it is. */
  readonly agent?: string;
  /** The e-mail address of that agent's owner, as the authority knows it. */
  readonly owner?: string;
  /** The e-mail address of the person that it is. */
  readonly person?: string;
  readonly act?: DelegationParty;
}

/** Longer chains are refused where they come in. */
export const MAX_PARTIES = 8;

/** The parties of a chain, the subject first; of what is no chain, none. */
export function partiesOf(delegation: JsonValue | undefined): readonly JsonObject[] {
  const parties: JsonObject[] = [];
  for (let party = delegation; isObject(party) && parties.length < MAX_PARTIES; party = party['act'])
    parties.push(party);
  return parties;
}
