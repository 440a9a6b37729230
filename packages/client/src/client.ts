import {
  ConsentError,
  type ConsentPort,
  type Decision,
  type Evaluation,
  type JsonObject,
  type JsonValue,
  type Submission,
  readBack,
} from '@countersign/core';
import { requestEndpoint } from './endpoint.ts';
import { exchange, sleep, type Connection, type Exchange, type Fetch } from './exchange.ts';
import { asDecision, asKeyHolder, asLease, asProspects, asTask, asVersion } from './shapes.ts';

/** The longest that one poll may hang; the server answers sooner. Seconds. */
const POLL_SECONDS = 30;
/** The least time from one poll to the next. */
const POLL_PAUSE_MS = 1000;
/** ARAP §"Time and Clock Skew". */
const SKEW_MS = 30_000;

export interface ClientOptions {
  /** The authority's origin, for example `http://localhost:7300`. */
  readonly url: string;
  /** The agent's or PEP's API key. */
  readonly token: string;
  /** For tests and special transports; the global `fetch` otherwise. */
  readonly fetch?: Fetch;
}

/**
 * A policy enforcement point's side of AuthZEN and ARAP over fetch alone. What may be answered twice without
 * harm is retried under one idempotency key; anything unexpected is a `ConsentError`, never a permit.
 *
 * @example
 * const port = createClient({ url: 'http://localhost:7300', token: process.env.COUNTERSIGN_API_KEY });
 * const decision = await port.evaluate({ subject, action, resource, context });
 * if (decision.decision) run();
 */
export function createClient(options: ClientOptions): ConsentPort {
  const connection = connect(options);
  const send = async (call: Exchange): Promise<JsonValue> => (await exchange(connection, call)).body;

  return {
    async evaluate(question, { idempotencyKey, signal } = {}): Promise<Decision> {
      // Only a question that names an approval can spend something, so only that one needs a key.
      const key = idempotencyKey ?? (namesApproval(question) ? crypto.randomUUID() : undefined);
      const body = await send({
        method: 'POST',
        path: '/access/v1/evaluation',
        body: jsonOf(withoutLateApproval(question)),
        retry: true,
        ...(key === undefined ? {} : { idempotencyKey: key }),
        ...(signal === undefined ? {} : { signal }),
      });
      return asDecision(body);
    },

    async foresee(questions, { signal } = {}) {
      const body = await send({
        method: 'POST',
        path: '/access/v1/foresight',
        body: { evaluations: questions.map(jsonOf) },
        retry: true,
        ...(signal === undefined ? {} : { signal }),
      });
      return asProspects(body, questions.length);
    },

    async foresight({ unlike, timeoutMs, signal }) {
      const end = Date.now() + timeoutMs;
      for (;;) {
        const asked = Date.now();
        const left = Math.max(0, end - asked);
        const { body } = await exchange(connection, {
          method: 'GET',
          path: `/access/v1/foresight${unlike === undefined ? '' : `?unlike=${encodeURIComponent(unlike)}`}`,
          prefer: `wait=${Math.min(POLL_SECONDS, Math.ceil(left / 1000))}`,
          timeoutMs: left + 5000,
          retry: true,
          ...(signal === undefined ? {} : { signal }),
        });
        const version = asVersion(body);
        const now = Date.now();
        if (version !== unlike || now >= end) return version;
        await sleep(Math.max(0, Math.min(end, asked + POLL_PAUSE_MS) - now), signal);
      }
    },

    async request(submission, { idempotencyKey, signal } = {}) {
      // ARAP: "MUST include `denial.expires_at`", which only a requestable denial has.
      if (submission.denial.expires_at === undefined)
        throw new ConsentError('not_requestable', 'denial.expires_at is missing: see denialReference');
      const body = await send({
        method: 'POST',
        path: await requestEndpoint(connection, submission.denial.endpoint),
        body: jsonOf(wireSubmission(submission)),
        retry: true,
        idempotencyKey: idempotencyKey ?? crypto.randomUUID(),
        ...(signal === undefined ? {} : { signal }),
      });
      return asTask(body);
    },

    async wait(taskId, { timeoutMs, signal }) {
      const end = Date.now() + timeoutMs;
      for (;;) {
        const asked = Date.now();
        const left = Math.max(0, end - asked);
        const seconds = Math.min(POLL_SECONDS, Math.ceil(left / 1000));
        const { body, retryAfterMs } = await exchange(connection, {
          method: 'GET',
          path: `/access/v1/requests/${encodeURIComponent(taskId)}`,
          prefer: `wait=${seconds}`,
          // Not a moment longer than asked, though waiting is counted in whole seconds on the wire.
          timeoutMs: left + 5000,
          retry: true,
          ...(signal === undefined ? {} : { signal }),
        });
        const task = asTask(body);
        const now = Date.now();
        // ARAP: "MUST stop polling once `task.expires_at` is reached or the task reaches a terminal status".
        const over = now >= end || now >= Date.parse(task.expires_at) + SKEW_MS;
        if (over || task.status !== 'pending') return task;
        // Preferences may be ignored, also by what stands between (RFC 7240 §2): then this polls. ARAP: "MUST wait at
        // least the indicated duration".
        const next = Math.max(asked + POLL_PAUSE_MS, now + retryAfterMs);
        await sleep(Math.max(0, Math.min(end, next) - now), signal);
        if (now + retryAfterMs > end) return task;
      }
    },

    async cancel(taskId, { signal } = {}) {
      const path = `/access/v1/requests/${encodeURIComponent(taskId)}/cancel`;
      return asTask(
        await send({
          method: 'POST',
          path,
          body: {},
          retry: false,
          ...(signal === undefined ? {} : { signal }),
        }),
      );
    },

    async renew(claimId, { signal } = {}) {
      const path = `/access/v1/claims/${encodeURIComponent(claimId)}/renew`;
      return asLease(
        await send({
          method: 'POST',
          path,
          body: {},
          retry: true,
          ...(signal === undefined ? {} : { signal }),
        }),
      );
    },

    async report(claimId, disposition, { signal } = {}) {
      const path = `/access/v1/claims/${encodeURIComponent(claimId)}`;
      await send({
        method: 'POST',
        path,
        body: { disposition },
        retry: true,
        ...(signal === undefined ? {} : { signal }),
      });
    },
  };
}

/** Whose key it is: an agent's own, or a PEP's. */
export interface KeyHolder {
  readonly kind: 'agent' | 'pep';
  readonly id: string;
  readonly name: string;
  /** The id of the authority that vouches for it. */
  readonly authority: string;
}

/** Asks the authority whose key `token` is. Throws `unauthenticated`, `unavailable`. */
export async function whoseKey(options: ClientOptions): Promise<KeyHolder> {
  const { body } = await exchange(connect(options), {
    method: 'GET',
    path: '/access/v1/credential',
    retry: true,
  });
  return asKeyHolder(body);
}

function connect({ url, token, fetch: send = fetch }: ClientOptions): Connection {
  return { url: url.replace(/\/$/, ''), token, fetch: send };
}

function namesApproval(question: Evaluation): boolean {
  return question.context?.['approval'] !== undefined;
}

/** ARAP: "MUST NOT use the approval for re-evaluation after this timestamp": the question is then asked as a new one. */
function withoutLateApproval(question: Evaluation): Evaluation {
  const { approval, ...context } = question.context ?? {};
  const until = (approval as { approved_until?: JsonValue } | null | undefined)?.approved_until;
  if (typeof until !== 'string' || !(Date.parse(until) + SKEW_MS < Date.now())) return question;
  return { ...question, context };
}

/** ARAP carries the plea in the context; here it is a member of its own, so that it never binds. */
function wireSubmission(submission: Submission): object {
  const { business_justification, context, denial, actor, ...rest } = submission;
  const { endpoint: _endpoint, ...reference } = denial;
  return {
    ...rest,
    denial: reference,
    ...(actor === undefined ? {} : { client: { actor } }),
    context: { ...context, ...(business_justification === undefined ? {} : { business_justification }) },
  };
}

function jsonOf(value: object): JsonObject {
  const text = JSON.stringify(value);
  if (text === undefined) throw new ConsentError('invalid_request', 'the question is not json');
  return readBack(text) as JsonObject;
}
