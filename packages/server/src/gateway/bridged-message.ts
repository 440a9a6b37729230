import type { JsonObject } from '@countersign/core';
import { headerValue } from './header-value.ts';
import { looseObject } from './loose-object.ts';
import { nameOf } from './mcp-headers.ts';
import { isId, isObject, metaOf, MODERN, PROTOCOL_VERSION, type Era, type MessageId } from './message.ts';

const NEWLINE = Buffer.from('\n');

/** A client's message on its way through the bridge: its bytes, and what a loose look says. The gateway decides. */
export interface BridgedMessage {
  readonly bytes: Buffer;
  readonly id: MessageId | undefined;
  readonly method: string | undefined;
  readonly params: JsonObject;
  readonly result: JsonObject;
  readonly era: Era;
}

/** What cannot be read has neither id nor method, and goes to the gateway all the same: it says what is wrong. */
export function lookAt(bytes: Buffer): BridgedMessage {
  const value = looseObject(bytes) ?? {};
  const { id, method } = value;
  const params = isObject(value['params']) ? value['params'] : {};
  return {
    bytes,
    id: isId(id) ? id : undefined,
    method: typeof method === 'string' ? method : undefined,
    params,
    result: isObject(value['result']) ? value['result'] : {},
    era: versionOf(params) === undefined ? 'legacy' : 'modern',
  };
}

/** The headers that a message of the stateless era repeats from its body (MCP 2026-07-28, "Transports"). */
export function modernHeaders({ method = '', params }: BridgedMessage): Record<string, string> {
  const name = nameOf({ method, params });
  return {
    'mcp-protocol-version': headerValue(versionOf(params) ?? MODERN),
    'mcp-method': headerValue(method),
    ...(name === undefined ? {} : { 'mcp-name': headerValue(name) }),
  };
}

/** One line for standard output: line breaks between a message's tokens are spaces there. */
export function asLine(message: Uint8Array | string): Buffer {
  const line = Buffer.concat([Buffer.from(message), NEWLINE]);
  for (let at = 0; at < line.length - 1; at++) {
    if (line[at] === 0x0a || line[at] === 0x0d) line[at] = 0x20;
  }
  return line;
}

function versionOf(params: JsonObject): string | undefined {
  const version = metaOf(params)[PROTOCOL_VERSION];
  return typeof version === 'string' ? version : undefined;
}
