import type { JsonObject } from '@countersign/core';
import { notRunMessage, outcomeUnknownResult, type NotRun } from '../answers.ts';
import { isObject } from '../message.ts';
import type { ParkedCall } from '../port.ts';
import { eraOf } from './parked-request.ts';
import { executed, OURS_ALONE, withDisposition, withoutRemedy } from './wire.ts';

/** A longer answer is not kept; the effect is done all the same. */
const MAX_ANSWER_CHARACTERS = 8 * 1024 * 1024;

/** How a parked call ends that did not run. */
export function notRun({ message }: ParkedCall, why: NotRun): JsonObject {
  const { result, error } = notRunMessage(0, 'tools/call', eraOf(message), why);
  if (!isObject(result)) return { error: error ?? {} };
  return { result: withDisposition(isTerminal(why) ? withoutRemedy(result) : result, 'denied-not-executed') };
}

/** Whether the call is denied for good: what expired, was withdrawn or met another tool than people saw may be made again. */
function isTerminal(why: NotRun): boolean {
  return why.kind === 'refused' ? why.terminal : why.kind === 'ended' && why.status === 'denied';
}

/** How one ends that may have run. */
export function outcomeUnknown({ message }: ParkedCall): JsonObject {
  return { result: withDisposition(outcomeUnknownResult(eraOf(message)), 'outcome-unknown') };
}

/** How one ends that ran: what its server answered, and where people had consented, that they had. */
export function kept(call: ParkedCall, message: JsonObject, consented: boolean): JsonObject {
  const own = theirs(message);
  const answer = consented ? executed(own) : own;
  if (canBeKept(answer)) return answer;
  const text = `This ran once${consented ? ', after a person consented' : ''}. Its answer is too long, or nested too deep, to be kept.`;
  const result: JsonObject = {
    ...(eraOf(call.message) === 'modern' ? { resultType: 'complete' } : {}),
    content: [{ type: 'text', text }],
  };
  return { result: consented ? withDisposition(result, 'approved-executed') : result };
}

/** What a server answered, without what we alone say of a call: a server that ran it could say that it was not. */
function theirs({ result, error = {} }: JsonObject): JsonObject {
  if (result !== undefined) return { result: isObject(result) ? withoutOurs(result, '_meta') : result };
  return { error: isObject(error) ? withoutOurs(error, 'data') : error };
}

function withoutOurs(value: JsonObject, member: '_meta' | 'data'): JsonObject {
  const { [member]: said, ...rest } = value;
  if (!isObject(said) || !Object.keys(said).some((key) => OURS_ALONE.has(key))) return value;
  return {
    ...rest,
    [member]: Object.fromEntries(Object.entries(said).filter(([key]) => !OURS_ALONE.has(key))),
  };
}

/** What is nested deeper than the stack cannot be written. */
export function canBeKept(answer: JsonObject): boolean {
  try {
    return JSON.stringify(answer).length <= MAX_ANSWER_CHARACTERS;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
