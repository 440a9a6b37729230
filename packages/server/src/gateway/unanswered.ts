import type { JsonObject } from '@countersign/core';
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
  endUnlessTakenBack(call, reply, outcomeUnknownMessage(id, method, era));
}

/**
 * Ends a call that was not run, or that nobody answered. Whoever has taken it back is sent no response (MCP 2025-11-25
 * §"Cancellation"): its stream ends without one, where it takes a stream at all.
 */
export function endUnlessTakenBack(
  { hold }: Pick<OpenCall, 'hold'>,
  reply: Reply,
  message: JsonObject,
  status?: number,
): void {
  if (hold.signal.aborted && reply.stream()) reply.end();
  else reply.finish(message, status);
}
