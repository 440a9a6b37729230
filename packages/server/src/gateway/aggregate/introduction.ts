import type { JsonObject, JsonValue } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { LATEST_LEGACY } from '../eras/introductions.ts';
import { SERVER_INFO } from '../eras/wording.ts';
import { isObject, LEGACY, MODERN } from '../message.ts';

/** The key in a result's `_meta` of the upstreams that it is without. */
export const AWAY_META = 'io.countersign/away';
const OURSELVES = { name: 'countersign', title: 'Countersign', version: '0.1.0' };

/** What one upstream says of itself. */
export interface Introduced {
  readonly upstream: string;
  readonly result: JsonObject;
}

/** What the aggregate says of itself: whatever any upstream can do, and what each would have its client know. */
export function introduction(
  { id, params, era }: McpRequest,
  parts: readonly Introduced[],
  away: readonly string[],
): JsonObject {
  const told = parts.map(({ result }) => result['capabilities']).filter((each) => isObject(each));
  const instructions = parts.flatMap(({ upstream, result }) =>
    typeof result['instructions'] === 'string' ? [`# ${upstream}\n\n${result['instructions']}`] : [],
  );
  const capabilities = told.reduce(union, {});
  const common = instructions.length === 0 ? {} : { instructions: instructions.join('\n\n') };
  const meta = away.length === 0 ? {} : { [AWAY_META]: [...away] };
  if (era === 'modern') {
    const ttls = parts.map(({ result }) => (typeof result['ttlMs'] === 'number' ? result['ttlMs'] : 0));
    const result: JsonObject = {
      resultType: 'complete',
      supportedVersions: [MODERN, LATEST_LEGACY],
      capabilities,
      ...common,
      ttlMs: Math.min(...ttls),
      cacheScope: 'private',
      _meta: { [SERVER_INFO]: OURSELVES, ...meta },
    };
    return { jsonrpc: '2.0', id, result };
  }
  const wanted = params['protocolVersion'];
  const result: JsonObject = {
    protocolVersion: typeof wanted === 'string' && LEGACY.has(wanted) ? wanted : LATEST_LEGACY,
    // We have something to say ourselves where an upstream is away.
    capabilities: union({ logging: {} }, capabilities),
    serverInfo: OURSELVES,
    ...common,
    ...(away.length === 0 ? {} : { _meta: meta }),
  };
  return { jsonrpc: '2.0', id, result };
}

/** Members of both; of two records their union, of two values the one that is more than `false`. */
function union(a: JsonObject, b: JsonObject): JsonObject {
  const merged = new Map<string, JsonValue | undefined>(Object.entries(a));
  for (const [name, value] of Object.entries(b)) {
    const known = merged.get(name);
    if (isObject(known) && isObject(value)) merged.set(name, union(known, value));
    else if (known === undefined || known === false) merged.set(name, value);
  }
  return Object.fromEntries([...merged].filter(([, value]) => value !== undefined)) as JsonObject;
}
