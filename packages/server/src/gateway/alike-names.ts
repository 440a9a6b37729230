import { alikeForm, type JsonObject, type JsonValue } from '@countersign/core';

/** The members that MCP gives a request's params, in every revision that we speak. */
const PARAMS = [
  '_meta',
  'name',
  'arguments',
  'uri',
  'taskId',
  'task',
  'ref',
  'argument',
  'context',
  'cursor',
  'level',
  'inputResponses',
  'requestState',
  'protocolVersion',
  'capabilities',
  'clientInfo',
  'notifications',
];
const OWN: ReadonlyMap<string, string> = new Map(PARAMS.map((name) => [alikeForm(name), name]));
/** What stands deeper in these is the tool's or the prompt's own: its names may well differ by case alone. */
const FREE: ReadonlySet<string> = new Set(['arguments', 'inputResponses']);

/**
 * A member of the params that some server takes for another: parsers of Go and .NET do not tell case apart, and the
 * last one wins. Undefined where every server reads what was decided on.
 */
export function misreadableParam(params: JsonObject): string | undefined {
  const strange = Object.keys(params).find((name) => (OWN.get(alikeForm(name)) ?? name) !== name);
  if (strange !== undefined) return strange;
  return (
    alikeMember(params) ??
    firstOf(Object.entries(params), ([name, value]) => alikeWithin(value, FREE.has(name)))
  );
}

function alikeWithin(value: JsonValue, ownAlone: boolean): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = Array.isArray(value) ? undefined : alikeMember(value as JsonObject);
  if (own !== undefined || ownAlone) return own;
  return firstOf(Object.values(value as JsonObject), (member) => alikeWithin(member, false));
}

function firstOf<T>(items: readonly T[], found: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const name = found(item);
    if (name !== undefined) return name;
  }
  return undefined;
}

function alikeMember(object: JsonObject): string | undefined {
  const seen = new Set<string>();
  return Object.keys(object).find((name) => seen.size === seen.add(alikeForm(name)).size);
}
