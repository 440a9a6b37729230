import type { JsonObject } from '@countersign/core';
import { isObject } from '../message.ts';
import { RELATED_TASK } from '../pending/legacy-wire.ts';

/** What a server asks its client: a request of its own in the older era, a member of its answer in the newer one. */
export interface Asked {
  readonly method: string;
  readonly params: JsonObject;
}

/** How often a server may ask within one call; more is no conversation any more. */
export const MAX_ROUNDS = 10;
export const WITHOUT_END = 'the mcp server asks without end';

/** As the newer era has it: without what belongs to a request of its own. */
export function toModernAsked({ method, params }: Asked): JsonObject {
  const { task: _task, elicitationId: _id, _meta, ...rest } = params;
  const { progressToken: _token, [RELATED_TASK]: _related, ...meta } = isObject(_meta) ? _meta : {};
  const own = Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
  return Object.keys(own).length === 0 && method === 'roots/list' ? { method } : { method, params: own };
}

/** As the older era has it, where a page that is to be opened has a name of its own. */
export function toLegacyAsked({ method, params }: Asked, elicitationId: string): Asked {
  const isPage = method === 'elicitation/create' && params['mode'] === 'url';
  return { method, params: isPage ? { ...params, elicitationId } : params };
}

/** What an answer asks, by its keys; undefined where it is no answer that asks. */
export function askedOf(result: JsonObject): ReadonlyMap<string, Asked> | undefined {
  if (result['resultType'] !== 'input_required') return undefined;
  const asked = new Map<string, Asked>();
  const { inputRequests } = result;
  for (const [key, request] of Object.entries(isObject(inputRequests) ? inputRequests : {})) {
    const { method, params } = isObject(request) ? request : {};
    asked.set(key, {
      method: typeof method === 'string' ? method : '',
      params: isObject(params) ? params : {},
    });
  }
  return asked;
}

/** An answer that asks. MCP 2026-07-28 §"InputRequiredResult". */
export function askingResult(asked: ReadonlyMap<string, Asked>, requestState?: string): JsonObject {
  return {
    resultType: 'input_required',
    inputRequests: Object.fromEntries([...asked].map(([key, each]) => [key, toModernAsked(each)])),
    ...(requestState === undefined ? {} : { requestState }),
  };
}
