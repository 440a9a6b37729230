import type { IncomingHttpHeaders } from 'node:http';
import { MODERN, metaOf, type ClientMessage } from './message.ts';
import { headerValue } from './param-headers.ts';

/** HeaderMismatch, MCP 2026-07-28 §"Error codes". */
export const HEADER_MISMATCH = -32020;

/** What is wrong with the headers of a request of the stateless era, or undefined. What counts is the body. */
export function headerMismatch(
  headers: IncomingHttpHeaders,
  message: ClientMessage & { readonly kind: 'request' },
): string | undefined {
  const version = metaOf(message.params)['io.modelcontextprotocol/protocolVersion'];
  if (headers['mcp-protocol-version'] !== version) return 'MCP-Protocol-Version does not match the body';
  if (headers['mcp-method'] !== message.method) return 'Mcp-Method does not match the body';
  const expected = nameOf(message);
  if (expected === undefined) return undefined;
  return decoded(headers['mcp-name']) === expected ? undefined : 'Mcp-Name does not match the body';
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

/** The headers of a request of ours in the stateless era. MCP 2026-07-28 §"Standard Request Headers". */
export function standardHeaders(
  message: ClientMessage & { readonly kind: 'request' },
): Record<string, string> {
  const name = nameOf(message);
  return {
    'mcp-protocol-version': MODERN,
    'mcp-method': message.method,
    ...(name === undefined ? {} : { 'mcp-name': headerValue(name) }),
  };
}

/** Header values beyond ASCII travel as `=?base64?…?=`. */
function decoded(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, encoded] = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/.exec(value) ?? [];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString();
}
