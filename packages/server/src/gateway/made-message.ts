import type { JsonObject } from '@countersign/core';
import type { McpRequest } from './conversation.ts';
import type { Era, MessageId } from './message.ts';

/** A request of ours: the value that is sent is made of the members that are named. */
export function requestOf(id: MessageId, method: string, params: JsonObject, era: Era): McpRequest {
  return { kind: 'request', id, method, params, era, value: { jsonrpc: '2.0', id, method, params } };
}
