import { SUBSCRIPTION, type MessageId } from './message.ts';
import type { Identified } from './identified.ts';
import type { Reply } from './reply.ts';
import type { OpenCall } from './upstream.ts';

/** Timers count in 31 bits. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Ends what would go on by itself when the credential ends that it was begun with; who leaves earlier ends the wait. */
export function endWithCredential({ expires_at }: Identified, reply: Reply, end: () => void): void {
  if (expires_at === undefined) return;
  const timer = setTimeout(end, Math.min(Math.max(0, expires_at - Date.now()), MAX_DELAY_MS));
  timer.unref();
  reply.raw.once('close', () => clearTimeout(timer));
}

/** MCP 2026-07-28 §"Graceful Closure": a server that ends a subscription by itself "SHOULD respond to the original" request. */
export function endSubscription(id: MessageId, call: OpenCall, reply: Reply): void {
  reply.finish({ jsonrpc: '2.0', id, result: { resultType: 'complete', _meta: { [SUBSCRIPTION]: id } } });
  call.hold.abort();
  if (call.forwarded) call.cancel?.({ reason: 'the access token has expired' });
}
