import type { PendingForm } from '../../config/config.ts';
import { CLIENT_CAPABILITIES, isObject, metaOf, type Era } from '../message.ts';
import type { JsonObject, JsonValue } from '@countersign/core';

/** The extension by which a client says that it takes tasks. MCP Tasks §"Capability Negotiation". */
export const TASKS = 'io.modelcontextprotocol/tasks';

/** What a client declares: in each request of the stateless era, once for a session before. */
export function capabilitiesOf(params: JsonObject): JsonObject {
  const declared = metaOf(params)[CLIENT_CAPABILITIES] ?? params['capabilities'];
  return isObject(declared) ? declared : {};
}

/** Whether a request's client takes tasks. */
export function takesTasks(capabilities: JsonObject): boolean {
  return isObject(member(capabilities['extensions'], TASKS));
}

/** The same, and that tasks are taken: of a client, or given: of a server. */
export function declaringTasks(capabilities: JsonObject): JsonObject {
  const { extensions } = capabilities;
  return { ...capabilities, extensions: { ...(isObject(extensions) ? extensions : {}), [TASKS]: {} } };
}

/** How a call that waits is answered: the first way of the site's that this call's client has declared. */
export function formFor(
  ways: readonly PendingForm[],
  call: {
    readonly method: string;
    readonly era: Era;
    readonly capabilities: JsonObject;
    /** A client of the older era asked that this call be a task. */
    readonly asksForTask?: boolean;
  },
): PendingForm {
  return ways.find((way) => canTake(way, call)) ?? 'hold';
}

function canTake(
  way: PendingForm,
  { method, era, capabilities, asksForTask = false }: Parameters<typeof formFor>[1],
): boolean {
  switch (way) {
    case 'hold':
      return true;
    case 'task':
      return asksForTask || (era === 'modern' && method === 'tools/call' && takesTasks(capabilities));
    case 'url':
      // "elicitation: {}" declares forms alone.
      return isObject(member(capabilities['elicitation'], 'url')) && URL_METHODS[era].has(method);
  }
}

/** MCP 2026-07-28 §"Multi Round-Trip Requests" names three; any request may get the error of the older era. */
const URL_METHODS: Record<Era, ReadonlySet<string>> = {
  modern: new Set(['tools/call', 'prompts/get', 'resources/read']),
  legacy: new Set(['tools/call', 'prompts/get', 'resources/read', 'completion/complete']),
};

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
