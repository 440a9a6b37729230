import type { JsonObject, JsonValue } from '@countersign/core';
import { readBack } from '@countersign/core';
import { edited, elementsAt, listed, memberAt, membersAt, wholeOf } from '../lists/json-places.ts';
import type { McpRequest } from '../conversation.ts';
import { withParams } from '../made-message.ts';
import { isObject, MessageError } from '../message.ts';
import { isOurTask } from '../pending/task-id.ts';
import { AWAY_META } from './introduction.ts';
import { NAMES, TASK_IDS, URIS, type Naming } from './names.ts';

/** What a list holds, and by which of its members an element is named. */
interface ListOf {
  readonly key: string;
  readonly member: string;
  readonly naming: Naming;
}

export const LISTS: ReadonlyMap<string, ListOf> = new Map([
  ['tools/list', { key: 'tools', member: 'name', naming: NAMES }],
  ['prompts/list', { key: 'prompts', member: 'name', naming: NAMES }],
  ['resources/list', { key: 'resources', member: 'uri', naming: URIS }],
  ['resources/templates/list', { key: 'resourceTemplates', member: 'uriTemplate', naming: URIS }],
  ['tasks/list', { key: 'tasks', member: 'taskId', naming: TASK_IDS }],
]);

/** One upstream's answer. */
export interface ListedPart {
  readonly upstream: string;
  readonly answer: Buffer;
}

/**
 * Which upstreams a page is asked of, and how: all of them for the first, then those that have more. A cursor is a name
 * for places, nothing more: whoever makes one up sees what the upstreams would show anyway. Throws `MessageError`.
 */
export function pageOf(request: McpRequest, upstreams: readonly string[]): ReadonlyMap<string, McpRequest> {
  const { cursor, ...rest } = request.params;
  if (cursor === undefined) return new Map(upstreams.map((name) => [name, request]));
  const places = typeof cursor === 'string' ? placesIn(cursor) : undefined;
  if (places === undefined || places.some(([name]) => !upstreams.includes(name)))
    throw new MessageError(-32602, 'bad_cursor', 'this cursor is none of ours', request.id);
  return new Map(places.map(([name, own]) => [name, withParams(request, { ...rest, cursor: own })]));
}

/** The parts as one list: each element's bytes are its upstream's, but for what its name begins with. */
export function oneList(
  { id, method, era }: McpRequest,
  parts: readonly ListedPart[],
  away: readonly string[],
): Buffer {
  const { key, member, naming } = LISTS.get(method) as ListOf;
  const elements: Buffer[] = [];
  const more: [string, string][] = [];
  const ttls: number[] = [];
  for (const { upstream, answer } of parts) {
    const result = memberAt(answer, wholeOf(answer), 'result');
    const list = memberAt(answer, result, key);
    const prefix = naming.prefix(upstream);
    for (const place of list === undefined ? [] : elementsAt(answer, list))
      elements.push(prefixed(answer.subarray(place.start, place.end), member, prefix));
    const { nextCursor, ttlMs } = resultOf(answer);
    if (typeof nextCursor === 'string') more.push([upstream, nextCursor]);
    ttls.push(typeof ttlMs === 'number' ? ttlMs : 0);
  }
  const rest: JsonObject = {
    ...(era === 'modern' ? { resultType: 'complete', ttlMs: Math.min(...ttls), cacheScope: 'private' } : {}),
    ...(more.length === 0 ? {} : { nextCursor: Buffer.from(JSON.stringify(more)).toString('base64url') }),
    ...(away.length === 0 ? {} : { _meta: { [AWAY_META]: [...away] } }),
  };
  const members = JSON.stringify(rest).slice(1, -1);
  return Buffer.concat([
    Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${JSON.stringify(key)}:[`),
    listed(elements),
    Buffer.from(`]${members === '' ? '' : `,${members}`}}}`),
  ]);
}

function prefixed(element: Buffer, member: string, prefix: string): Buffer {
  const edits = membersAt(element, wholeOf(element))
    .filter(({ name, value }) => name === member && element[value.start] === 0x22)
    .filter(({ value }) => !(member === 'taskId' && isOurTask(element.toString('utf8', value.start + 1))))
    // A prefix of ours has nothing in it that JSON would escape.
    .map(({ value }) => ({ start: value.start + 1, end: value.start + 1, bytes: prefix }));
  return edited(element, edits);
}

/** The result of an answer, read loosely. */
export function resultOf(answer: Buffer): JsonObject {
  const { result } = readBack(answer.toString()) as JsonObject;
  return isObject(result) ? result : {};
}

function placesIn(cursor: string): readonly (readonly [string, string])[] | undefined {
  try {
    const value = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as JsonValue;
    if (!Array.isArray(value)) return undefined;
    const places = (value as readonly JsonValue[]).map((each) => each as readonly JsonValue[]);
    const names = new Set(places.map(([name]) => name));
    const sound = places.every(
      (each) => Array.isArray(each) && each.length === 2 && each.every((text) => typeof text === 'string'),
    );
    return sound && places.length > 0 && names.size === places.length
      ? (places as unknown as [string, string][])
      : undefined;
  } catch {
    return undefined;
  }
}
