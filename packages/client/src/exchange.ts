import { ConsentError, type ErrorCode, type JsonObject, type JsonValue, readBack } from '@countersign/core';

/** What is needed of an answer to `fetch`. */
export interface Received {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: { cancel(): Promise<void> } | null;
  text(): Promise<string>;
}

/** What is needed of `fetch`. It follows no redirection. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly redirect: 'error';
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<Received>;

export interface Connection {
  readonly url: string;
  readonly token: string;
  readonly fetch: Fetch;
}

/** One request and how it may be repeated. */
export interface Exchange {
  readonly method: 'GET' | 'POST';
  /** Below the authority's origin, or a whole URL that was checked. */
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

/** What came back, and how long the authority asks to be left alone. */
export interface Answer {
  readonly body: JsonValue;
  readonly retryAfterMs: number;
}

const TRIES = 4;
const TRY_TIMEOUT_MS = 15_000;
const FIRST_PAUSE_MS = 100;
/** Whoever is asked to stay away for longer is told so, and not kept. */
const LONGEST_PAUSE_MS = 15_000;
const MAX_RESPONSE_CHARACTERS = 4_000_000;

/** Sends it and answers what came back. Throws `ConsentError`: the authority's own code, or `unavailable`. */
export async function exchange(connection: Connection, call: Exchange): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const last = !call.retry || attempt === TRIES;
    let wanted = 0;
    try {
      const response = await once(connection, call);
      wanted = retryAfterMs(response);
      if (response.status < 500 && response.status !== 429)
        return { body: await bodyOf(response), retryAfterMs: wanted };
      if (last || wanted > LONGEST_PAUSE_MS) return { body: await bodyOf(response), retryAfterMs: wanted };
      await response.body?.cancel();
    } catch (error) {
      if (error instanceof ConsentError || call.signal?.aborted === true) throw error;
      if (last) throw unavailable(error);
    }
    // Jittered, so that many callers of one authority do not come back together.
    const pause = FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
    await sleep(Math.max(pause, wanted), call.signal);
  }
}

/** Rejects with the signal's reason. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const giveUp = () => reject(signal?.reason as Error);
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfterMs(response: Received): number {
  const value = response.headers.get('retry-after') ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
}

async function once({ url, token, fetch: send }: Connection, call: Exchange): Promise<Received> {
  const timeout = AbortSignal.timeout(call.timeoutMs ?? TRY_TIMEOUT_MS);
  return await send(call.path.startsWith('/') ? url + call.path : call.path, {
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

async function bodyOf(response: Received): Promise<JsonValue> {
  const text = await response.text();
  if (text.length > MAX_RESPONSE_CHARACTERS) throw unavailable();
  let body: JsonValue = null;
  try {
    body = text === '' ? null : (readBack(text) as JsonValue);
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
