import { ConsentError, parseJson, type JsonValue } from '@countersign/core';
import type { Context } from 'hono';
import type { z } from 'zod';

/** The longest body taken, in bytes. */
export const MAX_BODY_BYTES: number = 1024 * 1024;

/** The body, parsed once by the strict parser and checked against its schema. Throws `ConsentError`. */
export async function readBody<T extends z.ZodType>(context: Context, schema: T): Promise<z.output<T>> {
  const body = await readJson(context);
  const checked = schema.safeParse(body);
  // The body itself, not zod's copy: that one lacks members called `__proto__`, which bind like any other.
  if (checked.success) return body as z.output<T>;
  const [issue] = checked.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new ConsentError(
    'invalid_request',
    `${where === '' ? 'body' : where}: ${issue?.message ?? 'not valid'}`,
  );
}

async function readJson(context: Context): Promise<JsonValue> {
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new ConsentError('unsupported_media_type', 'send application/json');
  return parseJson(await readBytes(context.req.raw), { maxBytes: MAX_BODY_BYTES });
}

/** Never holds more than the limit. */
async function readBytes(request: Request): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  if (Number(declared) > MAX_BODY_BYTES) throw tooLarge();
  // No message is longer than it says (RFC 9112 §6.3), and read whole it needs no stream.
  if (declared !== null) return new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body !== null) {
    for await (const chunk of request.body) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(): ConsentError {
  return new ConsentError('too_large', `the body is longer than ${MAX_BODY_BYTES} bytes`);
}
