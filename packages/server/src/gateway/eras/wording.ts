import type { JsonObject } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { requestOf } from '../made-message.ts';
import { CLIENT_CAPABILITIES, metaOf, MODERN, PROTOCOL_VERSION } from '../message.ts';
import { clientCapabilities } from './capabilities.ts';

export const CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
export const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
export const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

/** What a client of the older era said once, and says in the newer one with each request. */
export interface Introduction {
  readonly clientInfo: JsonObject | undefined;
  readonly capabilities: JsonObject;
  /** What it set with `logging/setLevel`. */
  readonly logLevel?: string | undefined;
}

/** The requests that a server of the newer era may answer by asking for more. MCP 2026-07-28 §"Supported Requests". */
export const MAY_ASK: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/**
 * A request of the newer era in the words of the older one. What `_meta` says of the protocol was said when the session
 * began, an answer to more than was asked goes another way, and a level of logging is set before.
 */
export function toLegacyRequest({ id, method, params }: McpRequest): McpRequest {
  const { _meta, inputResponses: _responses, requestState: _state, ...rest } = params;
  const meta = Object.fromEntries(Object.entries(metaOf(params)).filter(([key]) => !ENVELOPE.has(key)));
  const own = Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
  return requestOf(id, method, own, 'legacy');
}

/** A request of the older era in the words of the newer one. A task is asked for of nobody: MCP 2025-11-25 §"Tasks" lets a server ignore it. */
export function toModernRequest({ id, method, params }: McpRequest, who: Introduction): McpRequest {
  const { task: _task, ...rest } = params;
  return requestOf(id, method, { ...rest, _meta: { ...metaOf(params), ...envelopeOf(who) } }, 'modern');
}

/** What each request of the newer era says of its client. */
export function envelopeOf({ clientInfo, capabilities, logLevel }: Introduction): JsonObject {
  return {
    [PROTOCOL_VERSION]: MODERN,
    ...(clientInfo === undefined ? {} : { [CLIENT_INFO]: clientInfo }),
    [CLIENT_CAPABILITIES]: clientCapabilities(capabilities),
    ...(logLevel === undefined ? {} : { [LOG_LEVEL]: logLevel }),
  };
}

const ENVELOPE: ReadonlySet<string> = new Set([
  PROTOCOL_VERSION,
  CLIENT_INFO,
  CLIENT_CAPABILITIES,
  LOG_LEVEL,
]);
