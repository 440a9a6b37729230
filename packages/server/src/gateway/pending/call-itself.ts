import type { JsonObject } from '@countersign/core';

/** What of a call's params every retry of it has too (MCP 2026-07-28 §"Multi Round-Trip Requests"). */
export function callItself({
  _meta,
  inputResponses: _responses,
  requestState: _state,
  ...call
}: JsonObject): JsonObject {
  return call;
}
