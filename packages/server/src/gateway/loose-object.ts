import type { JsonObject } from '@countersign/core';
import { readBack } from '@countersign/core';
import { isObject } from './message.ts';

/** A JSON object as JavaScript reads it, undefined where it is none: to route and to look, never to decide on. */
export function looseObject(text: Uint8Array | string): JsonObject | undefined {
  try {
    const value = readBack(typeof text === 'string' ? text : Buffer.from(text).toString()) as JsonObject;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
