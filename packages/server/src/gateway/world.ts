import {
  canonicalHash,
  JsonError,
  type JsonObject,
  type JsonValue,
  type Precondition,
  readBack,
} from '@countersign/core';
import { lineDifference } from './line-difference.ts';
import { isObject } from './message.ts';

/** More of what was read is not shown; its digest is of all of it. */
const MAX_SHOWN = 4000;

/** Reads with a tool of the upstream, in the caller's standing and with our credential. Rejects when it cannot. */
export type ReadWorld = (tool: string, args: JsonObject) => Promise<JsonObject>;

/**
 * How things stand, as `context.precondition` of the question: bound by the approval and shown to whoever gives it. What
 * cannot be read is said so, and is another state than any that can.
 */
export async function lookAtWorld(precondition: Precondition, read: ReadWorld): Promise<JsonObject> {
  const { tool, arguments: args, show } = precondition;
  const asked = { tool, arguments: args };
  try {
    const { content, structuredContent, isError } = await read(tool, args);
    const seen = readBack(
      JSON.stringify({ content, structuredContent, isError: isError === true }),
    ) as JsonObject;
    const text = show ? textOf(content, structuredContent) : undefined;
    return { ...asked, digest: digestOf(seen), ...(text === undefined ? {} : shown(text)) };
  } catch {
    return { ...asked, unread: 'the server did not let it be read' };
  }
}

/** Whether nothing has moved between two looks. */
export function isSameWorld(before: JsonObject, now: JsonObject): boolean {
  return before['digest'] === now['digest'] && before['unread'] === now['unread'];
}

/** How things stand now, and what they were when people were asked before. */
export function movedWorld(before: JsonObject, now: JsonObject): JsonObject {
  const { digest, unread, value } = before;
  const difference =
    typeof value === 'string' && typeof now['value'] === 'string'
      ? { difference: lineDifference(value, now['value']) }
      : {};
  return {
    ...now,
    was: {
      ...(digest === undefined ? {} : { digest }),
      ...(unread === undefined ? {} : { unread }),
      ...difference,
    },
  };
}

/** What `lookAtWorld` was told, as far as a look says. */
export function preconditionOf(world: JsonObject): Precondition | undefined {
  const { tool, arguments: args, value, was } = world;
  if (typeof tool !== 'string' || !isObject(args)) return undefined;
  return {
    tool,
    arguments: args,
    show: value !== undefined || (isObject(was) && was['difference'] !== undefined),
  };
}

function digestOf(seen: JsonObject): string {
  try {
    return canonicalHash(seen);
  } catch (error) {
    // A server may tell of numbers that JSON has and we do not: their text is as good to compare.
    if (error instanceof JsonError) return canonicalHash(JSON.stringify(seen).toWellFormed());
    throw error;
  }
}

function textOf(content: JsonValue | undefined, structured: JsonValue | undefined): string | undefined {
  const texts = Array.isArray(content)
    ? (content as readonly JsonValue[]).flatMap((each) =>
        isObject(each) && typeof each['text'] === 'string' ? [each['text']] : [],
      )
    : [];
  if (texts.length > 0) return texts.join('\n');
  return structured === undefined ? undefined : JSON.stringify(structured, undefined, 1);
}

function shown(text: string): JsonObject {
  const all = Array.from(text.toWellFormed());
  const value = all.slice(0, MAX_SHOWN).join('');
  return { value, ...(all.length > MAX_SHOWN ? { characters_not_shown: all.length - MAX_SHOWN } : {}) };
}
