import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { consentIn } from '../answers.ts';
import type { Identified } from '../identified.ts';
import { looseObject } from '../loose-object.ts';
import type { ClientMessage } from '../message.ts';
import { SESSION } from '../upstream.ts';
import type { UpstreamDoor } from '../upstream-door.ts';
import { PartReply } from './part-reply.ts';
import type { Part } from './session.ts';

/** An upstream that has not answered for so long is away: the others do not wait for it. */
export const PART_TIMEOUT_MS = 10_000;

/** Who calls, and with which headers. */
export interface Incoming {
  readonly caller: Identified;
  readonly http: IncomingMessage;
}

/** What came of asking one upstream. */
export interface Answered {
  /** Its final answer; undefined where there was none. */
  readonly bytes: Buffer | undefined;
  readonly value: JsonObject;
  /** Whether it is away, and not merely unwilling. */
  readonly away: boolean;
  readonly session: string | undefined;
  /** Whether it knows its session no more: then it has not acted on what it was asked. */
  readonly lost: boolean;
  /** Resolves when its door has done with it, which may be long after we were. */
  readonly ended: Promise<unknown>;
}

/** The request as the door of an upstream meets it: with that upstream's session, in the revision that it speaks. */
export function towards(http: IncomingMessage, part: Part | undefined): IncomingMessage {
  const { [SESSION]: _ours, 'last-event-id': _place, ...rest } = http.headers;
  const headers: IncomingMessage['headers'] = {
    ...rest,
    ...(part?.session === undefined ? {} : { [SESSION]: part.session }),
    ...(part?.version === undefined ? {} : { 'mcp-protocol-version': part.version }),
  };
  return Object.create(http, { headers: { value: headers } }) as IncomingMessage;
}

/** How long one is asked, and who hears what it says before it answers. */
export interface Asking {
  readonly gone?: AbortSignal;
  readonly said?: (message: Buffer) => void;
}

/** Puts one message to one upstream's door and waits for what comes of it. */
export async function askPart(
  door: UpstreamDoor,
  { caller, http }: Incoming,
  message: ClientMessage,
  asking: Asking = {},
): Promise<Answered> {
  const { gone, said: hear } = asking;
  let bytes: Buffer | undefined;
  let value: JsonObject = {};
  const reply = new PartReply((said) => {
    const read = looseObject(said) ?? {};
    if (read['result'] === undefined && read['error'] === undefined) {
      hear?.(said);
      return;
    }
    bytes = said;
    value = read;
  }, hear !== undefined);
  const leave = (): void => reply.leave();
  const late = AbortSignal.timeout(PART_TIMEOUT_MS);
  const signal = gone === undefined ? late : AbortSignal.any([gone, late]);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  const handled = door.message(caller, http, message, reply).then(
    () => true,
    () => false,
  );
  // A door that is left may still wait for its upstream; nobody waits for it here.
  const done = await Promise.race([handled, reply.over.then(() => true)]);
  signal.removeEventListener('abort', leave);
  return {
    bytes,
    value,
    away: !done || (message.kind === 'request' && (bytes === undefined || isAway(value))),
    session: reply.said(SESSION),
    lost: reply.status === 404,
    ended: handled,
  };
}

/** An upstream that ended, or cannot be reached, is answered for by its door. */
function isAway(answer: JsonObject): boolean {
  const status = consentIn(answer)?.['status'];
  return status === 'outcome-unknown' || status === 'upstream_unavailable';
}

/** When its door would have us come back, in milliseconds. */
export function retryAfterMs(answer: JsonObject): number | undefined {
  const seconds = consentIn(answer)?.['retry_after'];
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}
