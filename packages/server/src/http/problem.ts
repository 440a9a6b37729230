import { ConsentError, JsonError, type ErrorCode } from '@countersign/core';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';

/** Each refusal's HTTP status and title (RFC 9457). Exhaustive: a new code does not compile without a row. */
const PROBLEMS: Record<ErrorCode, readonly [ContentfulStatusCode, string]> = {
  invalid_json: [400, 'the body is not strict json'],
  invalid_request: [400, 'the request is not valid'],
  too_large: [413, 'the body is too large'],
  // 400 and not 415: AuthZEN certification, c-2-4-3.
  unsupported_media_type: [400, 'the body must be application/json'],
  reserved_key: [400, 'a reserved key in caller data'],
  not_found: [404, 'not found'],
  method_not_allowed: [405, 'method not allowed'],
  unauthenticated: [401, 'no valid credential'],
  forbidden: [403, 'not allowed for this credential'],
  bad_host: [421, 'not a host of this server'],
  bad_origin: [403, 'not an origin of this server'],
  not_requestable: [400, 'not a requestable denial'],
  invalid_denial_binding: [400, 'not what was denied'],
  expired_denial: [410, 'the denial has expired'],
  duplicate_request: [409, 'the idempotency key was used with another body'],
  unknown_task: [404, 'no such task'],
  task_expired: [410, 'the task has expired'],
  invalid_task_state: [409, 'the task has ended'],
  unknown_claim: [404, 'no such claim'],
  invalid_claim_state: [409, 'the claim has ended'],
  not_eligible: [403, 'not eligible'],
  already_voted: [409, 'voted already'],
  invalid_signature: [400, 'the signature does not verify'],
  stale_statement: [409, 'the statement is too old or was used'],
  link_spent: [410, 'the link was used or is too old'],
  conflict: [409, 'conflict'],
  too_many_pending: [429, 'too many pending requests'],
  too_many_requests: [429, 'too many new requests'],
  too_many_attempts: [429, 'too many attempts'],
  too_fast: [429, 'too much at a time'],
  log_unavailable: [503, 'the audit log cannot be written'],
  unavailable: [503, 'unavailable'],
  internal: [500, 'internal error'],
};

/** Seconds after which it may be otherwise. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = {
  too_many_pending: 60,
  too_many_requests: 60,
  too_many_attempts: 60,
  too_fast: 1,
};

/** The codes that ARAP names; the rest are ours. */
const ARAP: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'not_requestable',
  'invalid_denial_binding',
  'expired_denial',
  'duplicate_request',
  'unknown_task',
  'task_expired',
  'invalid_task_state',
]);

/** Renders any failure as `application/problem+json`; what nobody foresaw is logged, without bodies or tokens. */
export function problemResponse(context: Context, error: unknown, logger: Logger): Response {
  const known = asConsentError(error);
  const code = known?.code ?? 'internal';
  const [status, title] = PROBLEMS[code];
  if (known === undefined || status === 500) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    logger.error({ path: context.req.path, reason }, 'a request failed unexpectedly');
  }
  if (status === 401) context.header('www-authenticate', 'Bearer');
  const wait = RETRY_AFTER[code];
  if (wait !== undefined) context.header('retry-after', String(wait));
  const urn = ARAP.has(code) ? 'urn:openid:authzen:access-request:error:' : 'urn:countersign:error:';
  const detail = known?.message ?? 'something went wrong here; the server log says what';
  return context.body(JSON.stringify({ type: urn + code, title, status, detail, code }), status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  });
}

function asConsentError(error: unknown): ConsentError | undefined {
  if (error instanceof ConsentError) return error;
  if (!(error instanceof JsonError)) return undefined;
  const code = error.code === 'too_long' ? 'too_large' : 'invalid_json';
  return new ConsentError(code, `${error.message} (${error.code})`);
}
