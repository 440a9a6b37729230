import type { JsonObject, JsonValue } from '@countersign/core';
import { isObject, metaOf, SUBSCRIPTION, type MessageId } from '../message.ts';

/** RFC 5424 §6.2.1, the least severe first. */
const LEVELS: readonly unknown[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

export function isLevel(level: JsonValue | undefined): level is string {
  return LEVELS.includes(level);
}

/** Whether who asked for `wanted` hears what is logged at `said`. */
export function isHeard(wanted: JsonValue | undefined, said: JsonValue | undefined): boolean {
  return isLevel(wanted) && LEVELS.indexOf(said) >= LEVELS.indexOf(wanted);
}

/** Whether a server that logs from `set` on logs all that `wanted` asks for. */
export function coversLevel(set: string | undefined, wanted: string): boolean {
  return set !== undefined && LEVELS.indexOf(set) <= LEVELS.indexOf(wanted);
}

/** What a client of the newer era listens to. MCP 2026-07-28 §"Notification Filter". */
export interface Filter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: readonly string[];
}

const CHANGES = [
  ['toolsListChanged', 'tools', 'notifications/tools/list_changed'],
  ['promptsListChanged', 'prompts', 'notifications/prompts/list_changed'],
  ['resourcesListChanged', 'resources', 'notifications/resources/list_changed'],
] as const;

/** What of a filter a server that declares these capabilities can honour; whatever is no filter asks for nothing. */
export function honoured(asked: JsonValue | undefined, capabilities: JsonObject): Filter {
  const wanted = isObject(asked) ? asked : {};
  const has = (name: string, member: string): boolean => {
    const declared = capabilities[name];
    return isObject(declared) && declared[member] === true;
  };
  const changes = CHANGES.filter(([key, name]) => wanted[key] === true && has(name, 'listChanged'));
  const uris = wanted['resourceSubscriptions'];
  const named = (Array.isArray(uris) ? (uris as readonly JsonValue[]) : []).filter(
    (uri) => typeof uri === 'string',
  );
  return {
    ...(Object.fromEntries(changes.map(([key]) => [key, true])) as Filter),
    ...(named.length > 0 && has('resources', 'subscribe') ? { resourceSubscriptions: named } : {}),
  };
}

/** All that a server can tell of by itself, and these resources: what a session of the older era hears of. */
export function everyChange(capabilities: JsonObject, resources: ReadonlySet<string>): Filter {
  const all = Object.fromEntries(CHANGES.map(([key]) => [key, true]));
  return honoured({ ...all, resourceSubscriptions: [...resources] }, capabilities);
}

/** Whether a filter asks for what this notification tells. */
export function isListenedTo(filter: Filter, method: string, params: JsonObject): boolean {
  if (method === 'notifications/resources/updated')
    return filter.resourceSubscriptions?.some((uri) => isWithin(uri, params['uri'])) === true;
  return CHANGES.some(([key, , told]) => told === method && filter[key] === true);
}

/** A server may tell of a part of what was subscribed to. MCP 2025-11-25 and 2026-07-28, `ResourceUpdatedNotification`. */
function isWithin(subscribed: string, told: JsonValue | undefined): boolean {
  return (
    told === subscribed || (typeof told === 'string' && told.startsWith(`${subscribed.replace(/\/$/, '')}/`))
  );
}

/** As it is told on a subscription. */
export function onSubscription(method: string, params: JsonObject, id: MessageId): JsonObject {
  return { jsonrpc: '2.0', method, params: { ...params, _meta: { ...metaOf(params), [SUBSCRIPTION]: id } } };
}

/** As it is told to a session of the older era. */
export function offSubscription({ method, params }: JsonObject): JsonObject {
  const given = isObject(params) ? params : {};
  const { _meta, ...rest } = given;
  const { [SUBSCRIPTION]: _subscription, ...meta } = metaOf(given);
  const own = Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
  return { jsonrpc: '2.0', method: method ?? '', ...(Object.keys(own).length === 0 ? {} : { params: own }) };
}
