import { canonicalHash, type JsonObject } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';

/** What of a call's params every retry of it has too (MCP 2026-07-28 §"Multi Round-Trip Requests"). */
export function callItself({
  _meta,
  inputResponses: _responses,
  requestState: _state,
  ...call
}: JsonObject): JsonObject {
  return call;
}

/** By what a retry is known for one of the same call. */
export function callHash({ method, params }: McpRequest): string {
  return canonicalHash({ method, params: callItself(params) });
}
