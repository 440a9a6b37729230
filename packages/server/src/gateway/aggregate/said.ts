import type { JsonObject, JsonValue } from '@countersign/core';
import { edited, memberAt, membersAt, wholeOf, type Edit, type Place } from '../lists/json-places.ts';
import { looseObject } from '../loose-object.ts';
import { isId, isObject, type MessageId } from '../message.ts';
import { RELATED_TASK } from '../pending/legacy-wire.ts';
import { isOurTask } from '../pending/task-id.ts';
import { TASK_IDS, URIS } from './names.ts';

/** What becomes of the requests of a server's own; the stateless era has none. */
export interface ServerRequests {
  /** The id under which its client is asked, which is the token of its progress, too. */
  asked(id: MessageId, progressToken: MessageId | undefined): string;
  /** The same id, of what the server takes back. */
  cancelled(id: JsonValue | undefined): string | undefined;
}

/** For where nothing is asked. */
export const NO_REQUESTS: ServerRequests = {
  asked: (id) => String(id),
  cancelled: () => undefined,
};

/**
 * What an upstream says in the aggregate's words: requests under ids of ours, resources and tasks under their names here.
 * Not a byte of the rest changes, and what cannot be read passes as it is: an id that we gave nobody is answered by nobody.
 */
export function messageEdits(message: Buffer, upstream: string, requests: ServerRequests): Buffer {
  // Most of what is said is an answer, and names nothing of ours. Who writes these names in other letters is not understood.
  if (!message.includes('"method"') && !message.includes('"taskId"')) return message;
  const value = looseObject(message);
  if (value === undefined) return message;
  const whole = wholeOf(message);
  const at = (...path: readonly string[]): Place | undefined =>
    path.reduce<Place | undefined>((place, name) => memberAt(message, place, name), whole);
  const { id, method, params, result } = value;
  if (typeof method !== 'string')
    return isObject(result) ? edited(message, taskEdits(message, value, upstream, at, 'result')) : message;
  const edits = taskEdits(message, value, upstream, at, 'params');
  const put = (text: string | undefined, place: Place | undefined): void => {
    if (text !== undefined && place !== undefined) edits.push({ ...place, bytes: JSON.stringify(text) });
  };
  const told = isObject(params) ? params : {};
  if (isId(id)) {
    const meta = isObject(told['_meta']) ? told['_meta'] : {};
    const { progressToken } = meta;
    const ours = requests.asked(id, isId(progressToken) ? progressToken : undefined);
    // An id that stands twice is read by some as the first and by some as the last.
    for (const { name, value: place } of membersAt(message, whole)) if (name === 'id') put(ours, place);
    put(isId(progressToken) ? ours : undefined, at('params', '_meta', 'progressToken'));
  } else if (method === 'notifications/cancelled')
    put(requests.cancelled(told['requestId']), at('params', 'requestId'));
  else if (method === 'notifications/resources/updated' && typeof told['uri'] === 'string')
    put(URIS.prefix(upstream) + told['uri'], at('params', 'uri'));
  return edited(message, edits);
}

/** Where a task of the upstream's own is named: by an answer that makes or tells one, and by whatever belongs to one. */
function taskEdits(
  message: Buffer,
  value: JsonObject,
  upstream: string,
  at: (...path: readonly string[]) => Place | undefined,
  member: 'params' | 'result',
): Edit[] {
  const told = value[member];
  if (!isObject(told)) return [];
  const { method } = value;
  // A tool may answer with members of any name; only these are answers of tasks.
  const isTask =
    member === 'params'
      ? method === 'notifications/tasks' || method === 'notifications/tasks/status'
      : told['resultType'] === 'task' ||
        (typeof told['status'] === 'string' && told['content'] === undefined);
  const places: (Place | undefined)[] = [
    ...(isTask ? [at(member, 'taskId')] : []),
    ...(member === 'result' && told['content'] === undefined ? [at(member, 'task', 'taskId')] : []),
    at(member, '_meta', RELATED_TASK, 'taskId'),
  ];
  return places.flatMap((place) => {
    if (place === undefined || message[place.start] !== 0x22) return [];
    const own = JSON.parse(message.toString('utf8', place.start, place.end)) as string;
    if (isOurTask(own)) return [];
    return [{ start: place.start + 1, end: place.start + 1, bytes: TASK_IDS.prefix(upstream) }];
  });
}
