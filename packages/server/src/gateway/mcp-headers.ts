import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { decodedHeader, headerValue } from './header-value.ts';
import {
  CLIENT_CAPABILITIES,
  isObject,
  LEGACY,
  MessageError,
  metaOf,
  MODERN,
  PROTOCOL_VERSION,
  type ClientMessage,
} from './message.ts';

/** HeaderMismatch, MCP 2026-07-28 §"Error codes". */
const HEADER_MISMATCH = -32020;

type Request = ClientMessage & { readonly kind: 'request' };

/**
 * Refuses a request of the stateless era whose headers say something else than its body, or whose `_meta` lacks
 * what that era demands. What counts is the body. Throws `MessageError`.
 */
export function checkHeaders(headers: IncomingHttpHeaders, message: Request): void {
  const { id, method, params, era } = message;
  const meta = metaOf(params);
  if (era === 'legacy') {
    // Who says by header that it speaks the newer era is answered in that era.
    const version = headers['mcp-protocol-version'];
    if (version === MODERN) throw lacking(PROTOCOL_VERSION, id);
    // A body without a version is one of the older era, so no header may say otherwise of it.
    if (version !== undefined && !LEGACY.has(version)) throw mismatch('MCP-Protocol-Version', id);
    return;
  }
  if (headers['mcp-protocol-version'] !== meta[PROTOCOL_VERSION]) throw mismatch('MCP-Protocol-Version', id);
  if (headers['mcp-method'] !== method) throw mismatch('Mcp-Method', id);
  const name = nameOf(message);
  if (name !== undefined && decodedHeader(headers['mcp-name']) !== name) throw mismatch('Mcp-Name', id);
  if (!isObject(meta[CLIENT_CAPABILITIES])) throw lacking(CLIENT_CAPABILITIES, id);
}

/** What is wrong first: a version that is none of ours matters less than a header that names another one. */
export function faultOf(headers: IncomingHttpHeaders, error: unknown): unknown {
  const version = headers['mcp-protocol-version'];
  return error instanceof MessageError &&
    error.code === 'unsupported_version' &&
    version !== undefined &&
    version !== error.data['requested']
    ? mismatch('MCP-Protocol-Version', error.id)
    : error;
}

export function mismatch(header: string, id: MessageError['id']): MessageError {
  return new MessageError(HEADER_MISMATCH, 'header_mismatch', `${header} does not match the body`, id);
}

/** MCP 2026-07-28 §"Per-request protocol fields". */
function lacking(key: string, id: MessageError['id']): MessageError {
  return new MessageError(-32602, 'incomplete_meta', `_meta lacks ${key}`, id);
}

/**
 * The headers that repeat the body, for an upstream at a URL. INVARIANT: they are made from what was decided on; what
 * the caller sent as such headers goes no further, so that header and body cannot say two things.
 */
export function repeatedHeaders(message: ClientMessage): Record<string, string> {
  if (message.kind === 'response' || metaOf(message.params)[PROTOCOL_VERSION] !== MODERN) return {};
  const name = message.kind === 'request' ? nameOf(message) : undefined;
  return {
    'mcp-protocol-version': MODERN,
    'mcp-method': message.method,
    ...(name === undefined ? {} : { 'mcp-name': headerValue(name) }),
  };
}

/** The member that Mcp-Name repeats, by method: MCP 2026-07-28 §"Standard Request Headers" and SEP-2663. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/** What Mcp-Name repeats of a request. */
export function nameOf({
  method,
  params,
}: {
  readonly method: string;
  readonly params: JsonObject;
}): string | undefined {
  const member = NAMED.get(method);
  const value = member === undefined ? undefined : params[member];
  return typeof value === 'string' ? value : undefined;
}
