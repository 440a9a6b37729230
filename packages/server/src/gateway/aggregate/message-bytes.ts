import type { JsonObject } from '@countersign/core';

/** The bytes of a message, whichever way a door has said it. */
export function bytesOf(message: JsonObject | Uint8Array): Buffer {
  return message instanceof Uint8Array ? Buffer.from(message) : Buffer.from(JSON.stringify(message));
}
