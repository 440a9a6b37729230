import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { metaOf, type ClientMessage } from './message.ts';

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

/** What Mcp-Name repeats of a request, by method. */
export function nameOf({
  method,
  params,
}: {
  readonly method: string;
  readonly params: JsonObject;
}): string | undefined {
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

/** The other way: what is no plain header value, or looks like an encoded one, is encoded. */
export function headerValue(value: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !value.startsWith('=?');
  return plain ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

/** Header values beyond ASCII travel as `=?base64?…?=`. */
function decoded(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, encoded] = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/.exec(value) ?? [];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString();
}
