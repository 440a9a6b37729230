import { membersAt, wholeOf } from '../lists/json-places.ts';
import { looseObject } from '../loose-object.ts';
import { isId, type MessageId } from '../message.ts';
import { spliceId } from '../splice-id.ts';

/**
 * What an upstream says on the way of its answer to one request. INVARIANT: an answer there answers that request and no other,
 * whatever id it names: a client knows its requests by their ids alone, and those at other upstreams are none of this one's.
 * Undefined for what cannot be read: some client might read it all the same.
 */
export function onTheWayTo(id: MessageId, message: Buffer): Buffer | undefined {
  const value = looseObject(message);
  if (value === undefined) return undefined;
  if (value['method'] !== undefined) return message;
  // An id that stands twice is read by some as the first and by some as the last.
  const ids = membersAt(message, wholeOf(message)).filter(({ name }) => name === 'id');
  return ids.length === 1 && value['id'] === id ? message : spliceId(message, id);
}

/** The request that a message answers; undefined where it answers none. */
export function answeredBy(message: Buffer): MessageId | null | undefined {
  const value = looseObject(message) ?? {};
  const { id, method } = value;
  return method !== undefined ? undefined : isId(id) ? id : null;
}
