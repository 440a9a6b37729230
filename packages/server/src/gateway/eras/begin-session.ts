import type { JsonObject } from '@countersign/core';
import { requestOf } from '../made-message.ts';
import { isObject, LEGACY } from '../message.ts';
import { clientCapabilities } from './capabilities.ts';
import { LATEST_LEGACY } from './introductions.ts';
import type { McpRequest } from '../conversation.ts';

/** Who we are to a server whose session is ours; the clients behind us are several. */
const OURSELVES = { name: 'countersign', version: '1' };

/** Our first request to a server of the older era. */
export function initializeRequest(id: string | number, capabilities: JsonObject): McpRequest {
  const params = {
    protocolVersion: LATEST_LEGACY,
    capabilities: clientCapabilities(capabilities),
    clientInfo: OURSELVES,
  };
  return requestOf(id, 'initialize', params, 'legacy');
}

/** What the server said of itself. Throws where it is none that we can speak with. */
export function initializedBy(
  answer: JsonObject | undefined,
): JsonObject & { readonly protocolVersion: string } {
  const result = answer?.['result'];
  const version = isObject(result) ? result['protocolVersion'] : undefined;
  if (!isObject(result) || typeof version !== 'string' || !LEGACY.has(version))
    throw new Error('the mcp server answers neither server/discover nor initialize');
  return { ...result, protocolVersion: version };
}
