import type { JsonObject, JsonValue } from '@countersign/core';
import { isObject, LEGACY, metaOf, MODERN } from '../message.ts';
import { serverCapabilities } from './capabilities.ts';
import { SERVER_INFO } from './wording.ts';

/** The newest revision with sessions, which we open ours in. */
export const LATEST_LEGACY = '2025-11-25';
const NAMELESS = { name: 'unnamed', version: '0' };

/** What a server said to `initialize`, as the answer to `server/discover`. */
export function toDiscoverResult({ capabilities, serverInfo, instructions }: JsonObject): JsonObject {
  return {
    resultType: 'complete',
    supportedVersions: [MODERN],
    capabilities: serverCapabilities(isObject(capabilities) ? capabilities : {}),
    ...(instructions === undefined ? {} : { instructions }),
    ttlMs: 0,
    cacheScope: 'private',
    ...(isObject(serverInfo) ? { _meta: { [SERVER_INFO]: serverInfo } } : {}),
  };
}

/** What a server said to `server/discover`, as the answer to `initialize`: in the revision that the client asked for, where there is one. */
export function toInitializeResult(discovered: JsonObject, requested: JsonValue | undefined): JsonObject {
  const { capabilities, instructions } = discovered;
  const serverInfo = metaOf(discovered)[SERVER_INFO];
  return {
    protocolVersion: typeof requested === 'string' && LEGACY.has(requested) ? requested : LATEST_LEGACY,
    capabilities: serverCapabilities(isObject(capabilities) ? capabilities : {}),
    serverInfo: isObject(serverInfo) ? serverInfo : NAMELESS,
    ...(instructions === undefined ? {} : { instructions }),
  };
}

/** Whether what answers `server/discover` speaks the newer era. MCP 2026-07-28 §"stdio: Backward Compatibility". */
export function speaksModern({ result, error }: JsonObject): boolean {
  if (isObject(error)) {
    const data = isObject(error['data']) ? error['data'] : {};
    return error['code'] === UNSUPPORTED_VERSION && includes(data['supported'], MODERN);
  }
  return isObject(result) && includes(result['supportedVersions'], MODERN);
}

/** Whether this answers `initialize`: a server that knows no such method may answer anything to it. */
export function hasBegun({ result }: JsonObject): boolean {
  return isObject(result) && typeof result['protocolVersion'] === 'string';
}

const UNSUPPORTED_VERSION = -32022;

function includes(list: JsonValue | undefined, value: string): boolean {
  return Array.isArray(list) && (list as readonly JsonValue[]).includes(value);
}
