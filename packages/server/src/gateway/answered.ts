import { valueOf, type Answer } from './conversation.ts';
import { statusOf } from './mcp-status.ts';
import type { Reply } from './reply.ts';
import type { OpenCall } from './upstream.ts';

/**
 * Ends a call with its answer: as it came, or with what we add to it, or what its caller is told in its place. `session` is
 * the one that it belongs to or opens.
 */
export async function endAnswered(
  { request, amend, tell }: OpenCall,
  reply: Reply,
  answer: Answer,
  session: string | undefined,
): Promise<void> {
  const status = request.era === 'modern' ? statusOf(answer.errorCode) : 200;
  if (tell !== undefined) reply.finish(await tell(answer.bytes), status);
  else if (amend !== undefined) reply.finish(amend(valueOf(answer), session), status);
  else reply.finish(answer.bytes, status);
}
