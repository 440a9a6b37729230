import { ConsentError, type ErrorCode, type JsonObject, type JsonValue } from '@countersign/core';

export interface Connection {
  readonly url: string;
  readonly token: string;
  readonly fetch: typeof fetch;
}

/** One request and how it may be repeated. */
export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: JsonObject;
  readonly idempotencyKey?: string;
  readonly prefer?: string;
  readonly signal?: AbortSignal;
  /** How long one try may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** Whether a lost answer may be asked for again: only where the authority answers the same twice. */
  readonly retry: boolean;
}

const TRIES = 4;
const TRY_TIMEOUT_MS = 15_000;
const FIRST_PAUSE_MS = 100;
const MAX_RESPONSE_CHARACTERS = 4_000_000;

/** Sends it and answers the body. Throws `ConsentError`: the authority's own code, or `unavailable`. */
export async function exchange(connection: Connection, call: Exchange): Promise<JsonValue> {
  for (let attempt = 1; ; attempt++) {
    const last = !call.retry || attempt === TRIES;
    try {
      const response = await once(connection, call);
      if (response.status < 500 && response.status !== 429) return await answerOf(response);
      if (last) return await answerOf(response);
      await response.body?.cancel();
    } catch (error) {
      if (error instanceof ConsentError || call.signal?.aborted === true) throw error;
      if (last) throw unavailable(error);
    }
    // Jittered, so that many callers of one authority do not come back together.
    const pause = FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
    await new Promise((later) => setTimeout(later, pause));
  }
}

async function once({ url, token, fetch: send }: Connection, call: Exchange): Promise<Response> {
  const timeout = AbortSignal.timeout(call.timeoutMs ?? TRY_TIMEOUT_MS);
  return await send(url + call.path, {
    method: call.method,
    redirect: 'error',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, application/problem+json',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
      ...(call.prefer === undefined ? {} : { prefer: call.prefer }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    signal: call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]),
  });
}

async function answerOf(response: Response): Promise<JsonValue> {
  const text = await response.text();
  if (text.length > MAX_RESPONSE_CHARACTERS) throw unavailable();
  let body: JsonValue = null;
  try {
    body = text === '' ? null : (JSON.parse(text) as JsonValue);
  } catch (error) {
    throw unavailable(error);
  }
  if (response.ok) return body;
  const problem = (
    typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
  ) as JsonObject;
  const { code, detail } = problem;
  if (typeof code !== 'string') throw unavailable();
  throw new ConsentError(
    code as ErrorCode,
    typeof detail === 'string' ? detail : `the authority answered ${response.status}`,
  );
}

function unavailable(cause?: unknown): ConsentError {
  return new ConsentError('unavailable', 'the authority cannot be reached or does not answer as one', {
    cause,
  });
}
