import type { JsonObject } from '@countersign/core';
import type { McpRequest } from './conversation.ts';
import type { ClientMessage, Era, MessageId } from './message.ts';

type McpNotification = ClientMessage & { readonly kind: 'notification' };

/** A request of ours: the value that is sent is made of the members that are named. */
export function requestOf(id: MessageId, method: string, params: JsonObject, era: Era): McpRequest {
  return { kind: 'request', id, method, params, era, value: { jsonrpc: '2.0', id, method, params } };
}

/** The same request with other params. */
export function withParams(request: McpRequest, params: JsonObject): McpRequest {
  return { ...request, params, value: { ...request.value, params } };
}

/** A notification of ours. */
export function notificationOf(method: string, params?: JsonObject): McpNotification {
  const value = { jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) };
  return { kind: 'notification', method, params: params ?? {}, value };
}
