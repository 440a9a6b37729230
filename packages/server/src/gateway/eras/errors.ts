import type { JsonObject, JsonValue } from '@countersign/core';
import { isObject } from '../message.ts';
import { MISSING_CAPABILITY, URL_ELICITATION_REQUIRED } from '../pending/wire.ts';

const INVALID_PARAMS = -32602;
const INTERNAL = -32603;
const HEADER_MISMATCH = -32020;
/** Of the older era alone, as URL_ELICITATION_REQUIRED is: the newer one "MUST NOT emit" them. */
const RESOURCE_NOT_FOUND = -32002;

/** The codes that MCP 2026-07-28 §"Error codes" keeps for itself. */
function isReserved(code: number): boolean {
  return code <= HEADER_MISMATCH && code >= -32099;
}

/** An error of a server of the older era, for a client of the newer one. */
export function toModernError(error: JsonObject): JsonObject {
  const { code } = error;
  if (code === RESOURCE_NOT_FOUND) return { ...error, code: INVALID_PARAMS };
  if (code === URL_ELICITATION_REQUIRED)
    return {
      code: MISSING_CAPABILITY,
      message: textOf(error, 'the server needs its user to open a page'),
      data: { requiredCapabilities: { elicitation: { url: {} } } },
    };
  // What it means by a code that the newer era has another meaning for, nobody knows.
  return typeof code === 'number' && isReserved(code) ? { ...error, code: INTERNAL } : error;
}

/** An error of a server of the newer era, for a client of the older one. */
export function toLegacyError(error: JsonObject): JsonObject {
  const { code } = error;
  if (typeof code !== 'number' || !isReserved(code)) return error;
  // That the headers are wrong is ours to put right; everything else the client could have said otherwise.
  return { ...error, code: code === MISSING_CAPABILITY ? INVALID_PARAMS : INTERNAL };
}

/** The pages that a server of the older era wants opened before it is asked again. MCP 2025-11-25 §"URL Mode With Elicitation Required Error". */
export function pagesOf({ code, data }: JsonObject): readonly JsonObject[] {
  const elicitations = isObject(data) ? data['elicitations'] : undefined;
  if (code !== URL_ELICITATION_REQUIRED || !Array.isArray(elicitations)) return [];
  return (elicitations as readonly JsonValue[]).filter(isObject);
}

function textOf({ message }: JsonObject, otherwise: string): string {
  return typeof message === 'string' ? message : otherwise;
}
