import type { AuthorityParts } from '../parts.ts';

/** After a deny, the same action is answered so without asking again, in milliseconds. Design §4. */
export const DENIED_FOR_MS = 10 * 60_000;

/**
 * Until when nobody is asked about an action again because a person denied it, in milliseconds since the epoch;
 * undefined when that is over, or never was.
 */
export async function deniedUntil(
  parts: AuthorityParts,
  agent: string,
  bindingHash: string,
  now: number,
): Promise<number | undefined> {
  const denied = await parts.requests.lastDenied(agent, bindingHash);
  const until = (denied ?? -Infinity) + DENIED_FOR_MS;
  return now < until ? until : undefined;
}
