import type { IncomingHttpHeaders } from 'node:http';
import { LEGACY, metaOf, MODERN, PROTOCOL_VERSION, type ClientMessage } from './message.ts';
import { headerValue } from './param-headers.ts';

/** HeaderMismatch, MCP 2026-07-28 §"Error codes". */
export const HEADER_MISMATCH = -32020;

/** What is wrong with the headers of a request, or undefined. What counts is the body. */
export function headerMismatch(
  headers: IncomingHttpHeaders,
  message: ClientMessage & { readonly kind: 'request' },
): string | undefined {
  const version = headers['mcp-protocol-version'];
  // A body without a version is one of the older era, so no header may say otherwise of it.
  if (message.era === 'legacy') {
    return version === undefined || LEGACY.has(version)
      ? undefined
      : 'MCP-Protocol-Version does not match the body';
  }
  if (version !== metaOf(message.params)[PROTOCOL_VERSION])
    return 'MCP-Protocol-Version does not match the body';
  if (headers['mcp-method'] !== message.method) return 'Mcp-Method does not match the body';
  const expected = nameOf(message);
  if (expected === undefined) return undefined;
  return decoded(headers['mcp-name']) === expected ? undefined : 'Mcp-Name does not match the body';
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

/** The member that Mcp-Name repeats, by method. */
function nameOf({ method, params }: ClientMessage & { kind: 'request' }): string | undefined {
  const member =
    method === 'tools/call' || method === 'prompts/get'
      ? 'name'
      : method === 'resources/read'
        ? 'uri'
        : method.startsWith('tasks/')
          ? 'taskId'
          : undefined;
  const value = member === undefined ? undefined : params[member];
  return typeof value === 'string' ? value : undefined;
}

/** Header values beyond ASCII travel as `=?base64?…?=`. */
function decoded(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, encoded] = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/.exec(value) ?? [];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString();
}
