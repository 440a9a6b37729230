import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from '../claim.ts';
import { UpstreamAway } from '../upstream-away.ts';
import type { Running } from './running.ts';

/** What came of sending a call: the answer, none where nobody knows, or why nothing was sent. Its claim is reported. */
export async function exchanged(
  exchange: Running['exchange'],
  claim: RunningClaim | undefined,
  failed: (error: unknown) => void,
): Promise<JsonObject | UpstreamAway | undefined> {
  try {
    return await exchange();
  } catch (error) {
    if (error instanceof UpstreamAway) {
      await claim?.unsent();
      return error;
    }
    failed(error);
    await claim?.settle('outcome-unknown');
    return undefined;
  }
}
