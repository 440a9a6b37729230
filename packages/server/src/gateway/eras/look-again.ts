import { SessionGone } from '../upstream.ts';
import type { Converted } from './peer.ts';

/**
 * What only looks may be asked once more, of a server that has forgotten our session and is met anew: `meet` hears then that
 * whoever it met before is not to be used again.
 */
export async function lookAgain<T>(
  meet: (anew: boolean) => Promise<Converted>,
  ask: (server: Converted) => Promise<T>,
): Promise<T> {
  try {
    return await ask(await meet(false));
  } catch (error) {
    if (!(error instanceof SessionGone)) throw error;
    return await ask(await meet(true));
  }
}
