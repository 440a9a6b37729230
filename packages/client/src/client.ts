import {
  ConsentError,
  type ConsentPort,
  type Decision,
  type Evaluation,
  type JsonObject,
  type JsonValue,
  type Submission,
} from '@countersign/core';
import { exchange, type Connection, type Exchange } from './exchange.ts';
import { asDecision, asKeyHolder, asLease, asTask } from './shapes.ts';

/** The longest that one poll may hang; the server answers sooner. Seconds. */
const POLL_SECONDS = 30;
/** The least time from one poll to the next. */
const POLL_PAUSE_MS = 1000;

export interface ClientOptions {
  /** The authority's origin, for example `http://localhost:7300`. */
  readonly url: string;
  /** The agent's or PEP's API key. */
  readonly token: string;
  /** For tests and special transports; the global `fetch` otherwise. */
  readonly fetch?: typeof fetch;
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
  const send = (call: Exchange): Promise<JsonValue> => exchange(connection, call);

  return {
    async evaluate(question, { idempotencyKey, signal } = {}): Promise<Decision> {
      // Only a question that names an approval can spend something, so only that one needs a key.
      const key = idempotencyKey ?? (namesApproval(question) ? crypto.randomUUID() : undefined);
      const body = await send({
        method: 'POST',
        path: '/access/v1/evaluation',
        body: jsonOf(question),
        retry: true,
        ...(key === undefined ? {} : { idempotencyKey: key }),
        ...(signal === undefined ? {} : { signal }),
      });
      return asDecision(body);
    },

    async request(submission, { idempotencyKey, signal } = {}) {
      const body = await send({
        method: 'POST',
        path: '/access/v1/requests',
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
        const body = await send({
          method: 'GET',
          path: `/access/v1/requests/${encodeURIComponent(taskId)}`,
          prefer: `wait=${seconds}`,
          // Not a moment longer than asked, though waiting is counted in whole seconds on the wire.
          timeoutMs: left + 5000,
          retry: true,
          ...(signal === undefined ? {} : { signal }),
        });
        const task = asTask(body);
        if (task.status !== 'pending' || Date.now() >= end) return task;
        // Preferences may be ignored, also by what stands between (RFC 7240 §2): then this polls.
        const early = Math.min(end, asked + POLL_PAUSE_MS) - Date.now();
        if (early > 0) await new Promise((later) => setTimeout(later, early));
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
  return asKeyHolder(
    await exchange(connect(options), { method: 'GET', path: '/access/v1/credential', retry: true }),
  );
}

function connect({ url, token, fetch: send = fetch }: ClientOptions): Connection {
  return { url: url.replace(/\/$/, ''), token, fetch: send };
}

function namesApproval(question: Evaluation): boolean {
  return question.context?.['approval'] !== undefined;
}

/** ARAP carries the plea in the context; here it is a member of its own, so that it never binds. */
function wireSubmission(submission: Submission): object {
  const { business_justification, context, ...rest } = submission;
  return {
    ...rest,
    context: { ...context, ...(business_justification === undefined ? {} : { business_justification }) },
  };
}

function jsonOf(value: object): JsonObject {
  const text = JSON.stringify(value);
  if (text === undefined) throw new ConsentError('invalid_request', 'the question is not json');
  return JSON.parse(text) as JsonObject;
}
