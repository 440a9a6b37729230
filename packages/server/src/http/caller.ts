import { ConsentError } from '@countersign/core';
import type { Context } from 'hono';
import type { Authority, CallerPort } from '../faces.ts';
import type { Caller } from '../principal/port.ts';

/** The port of whoever presents the key. Throws `unauthenticated`. */
export async function portOf(authority: Authority, context: Context): Promise<CallerPort> {
  return authority.consent(await callerOf(authority, context));
}

/** Whoever presents the key; an agent's request is counted. Throws `unauthenticated`, `too_fast`. */
export async function callerOf(authority: Authority, context: Context): Promise<Caller> {
  const [, key] = /^Bearer ([\w.~+/-]+=*)$/i.exec(context.req.header('authorization') ?? '') ?? [];
  const caller = key === undefined ? undefined : await authority.authenticate(key);
  if (caller === undefined)
    throw new ConsentError('unauthenticated', 'send a valid api key as Authorization: Bearer');
  if (caller.kind === 'agent') context.get('countAgent')?.(caller.agent.id);
  return caller;
}

/** The caller's own name for a request, so that a repetition is known. Throws `invalid_request`. */
export function idempotencyKey(context: Context): string | undefined {
  const key = context.req.header('idempotency-key');
  if (key !== undefined && (key.length === 0 || key.length > 255)) {
    throw new ConsentError('invalid_request', 'idempotency-key must have 1 to 255 characters');
  }
  return key;
}
