import { awayMessage, outcomeUnknownMessage } from './answers.ts';
import type { RunningClaim } from './claim.ts';
import type { Reply } from './reply.ts';
import { UpstreamAway } from './upstream-away.ts';
import type { OpenCall } from './upstream.ts';

/** Ends a call that has no answer: nobody knows whether it ran, unless it was not even sent. */
export async function endUnanswered(
  call: OpenCall,
  reply: Reply,
  claim: RunningClaim | undefined,
  error?: unknown,
): Promise<void> {
  const { id, method, era } = call.request;
  if (error instanceof UpstreamAway) {
    await claim?.unsent();
    call.unsent?.(error);
    reply.finish(awayMessage(id, method, era, error));
    return;
  }
  await claim?.answered(undefined);
  reply.finish(outcomeUnknownMessage(id, method, era));
}
