import { isObject, parseJson, type JsonObject, type JsonValue } from '@countersign/core';
import { misreadableParam } from './alike-names.ts';

/** MCP's two ways of speaking: with sessions until 2025-11-25, stateless from 2026-07-28. */
export type Era = 'legacy' | 'modern';

export type MessageId = string | number;

/** A client's message, parsed once: this very value is decided on, hashed and forwarded. */
export type ClientMessage =
  | {
      readonly kind: 'request';
      readonly id: MessageId;
      readonly method: string;
      readonly params: JsonObject;
      readonly era: Era;
      readonly value: JsonObject;
    }
  | {
      readonly kind: 'notification';
      readonly method: string;
      readonly params: JsonObject;
      readonly value: JsonObject;
    }
  | { readonly kind: 'response'; readonly id: MessageId; readonly value: JsonObject };

/** A message that is no JSON-RPC 2.0 message; `id` is the one to answer to, where it had one. */
export class MessageError extends Error {
  override readonly name: string = 'MessageError';
  readonly rpcCode: number;
  readonly code: string;
  readonly id: MessageId | null;
  readonly data: JsonObject;

  constructor(
    rpcCode: number,
    code: string,
    message: string,
    id: MessageId | null = null,
    data: JsonObject = {},
  ) {
    super(message);
    this.rpcCode = rpcCode;
    this.code = code;
    this.id = id;
    this.data = data;
  }
}

/** The revision of the stateless era. */
export const MODERN = '2026-07-28';
/** Those of the older era, which HTTP names in a header alone. */
export const LEGACY: ReadonlySet<unknown> = new Set(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']);
/** UnsupportedProtocolVersion, MCP 2026-07-28 §"Error codes". */
const UNSUPPORTED_VERSION = -32022;
export const PROTOCOL_VERSION = 'io.modelcontextprotocol/protocolVersion';
/** What the protocol itself puts into `_meta`, W3C trace context included; the rest binds nobody and goes no further. */
const PROTOCOL_META = /^(?:io\.modelcontextprotocol\/.+|progressToken|traceparent|tracestate|baggage)$/;

/**
 * Reads one client message. Throws `JsonError` and `MessageError`. INVARIANT: what goes on of it is JSON-RPC's own
 * members and no other: a server that does not tell case apart would take a `Method` or `Params` beside them for its own.
 */
export function readMessage(text: string | Uint8Array, maxBytes: number): ClientMessage {
  const value = parseJson(text, { maxBytes });
  if (Array.isArray(value)) throw new MessageError(-32600, 'batch', 'batches are not part of the protocol');
  if (!isObject(value) || value['jsonrpc'] !== '2.0')
    throw new MessageError(-32600, 'invalid_request', 'not json-rpc 2.0');
  const { id, method, params = {} } = value;
  const idOrNull = isId(id) ? id : null;
  if (id !== undefined && idOrNull === null)
    throw new MessageError(-32600, 'invalid_request', 'id must be text or a number');
  if (method === undefined) {
    const answers = (value['result'] !== undefined) !== (value['error'] !== undefined);
    if (idOrNull === null || !answers)
      throw new MessageError(-32600, 'invalid_request', 'neither request nor response');
    return { kind: 'response', id: idOrNull, value: membersOf(value, ['id', 'result', 'error']) };
  }
  if (typeof method !== 'string' || !isObject(params)) {
    throw new MessageError(-32600, 'invalid_request', 'method must be text and params an object', idOrNull);
  }
  const misread = misreadableParam(params);
  if (misread !== undefined)
    throw new MessageError(
      -32602,
      'ambiguous_params',
      `${JSON.stringify(misread)} can be read as another member`,
      idOrNull,
    );
  const clean = withProtocolMeta(params);
  const own = membersOf(value, ['id', 'method', 'params']);
  const cleaned: JsonObject = value['params'] === undefined ? own : { ...own, params: clean };
  if (idOrNull === null) return { kind: 'notification', method, params: clean, value: cleaned };
  return {
    kind: 'request',
    id: idOrNull,
    method,
    params: clean,
    era: eraOf(clean, idOrNull),
    value: cleaned,
  };
}

export function metaOf(params: JsonObject): JsonObject {
  const meta = params['_meta'];
  return isObject(meta) ? meta : {};
}

export const CLIENT_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
/** Names the request that opened the stream which a notification stands on. */
export const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

/**
 * The `_meta` that a request of our own carries to an upstream of the caller's era, as a member of its params. Nobody is
 * there to be asked for more, so nothing is declared.
 */
export function metaFor(params: JsonObject): { readonly _meta?: JsonObject } {
  const own = Object.entries(metaOf(params)).filter(([key]) => key.startsWith('io.modelcontextprotocol/'));
  if (own.length === 0) return {};
  const meta = Object.fromEntries(own);
  return { _meta: meta[CLIENT_CAPABILITIES] === undefined ? meta : { ...meta, [CLIENT_CAPABILITIES]: {} } };
}

export { isObject };

export function isId(value: JsonValue | undefined): value is MessageId {
  return typeof value === 'string' || typeof value === 'number';
}

function membersOf(value: JsonObject, names: readonly string[]): JsonObject {
  const own: { [name: string]: JsonValue } = { jsonrpc: '2.0' };
  for (const name of names) {
    const member = value[name];
    if (member !== undefined) own[name] = member;
  }
  return own;
}

/** A version that we do not know may mean anything by the same words, so it is refused. */
function eraOf(params: JsonObject, id: MessageId): Era {
  const version = metaOf(params)[PROTOCOL_VERSION];
  if (version === undefined) return 'legacy';
  if (version === MODERN) return 'modern';
  throw new MessageError(
    UNSUPPORTED_VERSION,
    'unsupported_version',
    'this protocol version is not supported',
    id,
    {
      supported: [MODERN],
      requested: version,
    },
  );
}

function withProtocolMeta(params: JsonObject): JsonObject {
  const meta = params['_meta'];
  if (!isObject(meta)) return params;
  const kept = Object.entries(meta).filter(([key]) => PROTOCOL_META.test(key));
  if (kept.length === Object.keys(meta).length) return params;
  return { ...params, _meta: Object.fromEntries(kept) };
}
