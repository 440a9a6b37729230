import { hash, randomBytes } from 'node:crypto';
import type { JsonObject } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { withParams } from '../made-message.ts';
import { isObject } from '../message.ts';
import type { ExpectedRetry, ParkedCallStore } from '../port.ts';
import { callHash } from './call-itself.ts';

/** The key of our one input request. */
export const CONSENT = 'consent';
/** Tells a `requestState` of ours from an upstream's own. */
const PREFIX = 'countersign.';
const STATE_BYTES = 32;

export type RetryStore = Pick<ParkedCallStore, 'expect' | 'spend'>;

/** A call that a client makes again because we asked it to. */
export interface Retry {
  /** The call itself, as it was before we asked. */
  readonly request: McpRequest;
  /** The access request that it waits for. */
  readonly accessRequest: string;
  /** What the person at the client said to opening the page. It consents to nothing. */
  readonly action: 'accept' | 'decline' | 'cancel';
}

/**
 * The `requestState` of our own multi-round answers (MCP 2026-07-28). It is a random name for what is kept here, so
 * there is nothing in it to read or forge; it is bound to agent, upstream and call, and taken once. INVARIANT: it
 * carries no authority: a retry is decided like any other call.
 */
export class Retries {
  readonly #store: RetryStore;
  readonly #clock: () => number;

  constructor(store: RetryStore, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Announces a retry; resolves with its `requestState` once that is durable. */
  async expect(
    { agent, upstream }: { readonly agent: string; readonly upstream: string },
    request: McpRequest,
    accessRequest: { readonly id: string; readonly expires_at: string },
  ): Promise<string> {
    const state = PREFIX + randomBytes(STATE_BYTES).toString('base64url');
    const { inputResponses, requestState } = request.params;
    await this.#store.expect(nameOf(state), {
      agent,
      upstream,
      call_hash: callHash(request),
      request: accessRequest.id,
      kept: {
        ...(inputResponses === undefined ? {} : { inputResponses }),
        ...(requestState === undefined ? {} : { requestState }),
      },
      expires_at: Date.parse(accessRequest.expires_at),
    });
    return state;
  }

  /** Undefined for a call that is no retry of ours; `spent` for one whose state is unknown, late, another's or used. */
  async take(
    { agent, upstream }: { readonly agent: string; readonly upstream: string },
    request: McpRequest,
  ): Promise<Retry | 'spent' | undefined> {
    const state = request.params['requestState'];
    if (typeof state !== 'string' || !state.startsWith(PREFIX)) return undefined;
    const of = { agent, upstream, call_hash: callHash(request) };
    const expected = await this.#store.spend(nameOf(state), of, this.#clock());
    return expected === undefined ? 'spent' : retryOf(request, expected);
  }
}

/** What a `requestState` is kept under: a reader of the database cannot present it. */
function nameOf(state: string): string {
  return hash('sha256', state, 'base64url');
}

function retryOf(request: McpRequest, { kept, request: accessRequest }: ExpectedRetry): Retry {
  const { inputResponses, requestState: _state, ...rest } = request.params;
  const params: JsonObject = { ...rest, ...kept };
  const response = isObject(inputResponses) ? inputResponses[CONSENT] : undefined;
  const action = isObject(response) ? response['action'] : undefined;
  return {
    request: withParams(request, params),
    accessRequest,
    action: action === 'decline' || action === 'cancel' ? action : 'accept',
  };
}

/** Retries that a door in memory waits for; one more takes the place of the oldest. */
const MAX_IN_MEMORY = 1000;

/** For a door whose clients end with it. What is late, or was announced too long ago, is as if it never was. */
export class MemoryRetryStore implements RetryStore {
  readonly #expected = new Map<string, ExpectedRetry>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#expected.size;
  }

  async expect(name: string, retry: ExpectedRetry): Promise<void> {
    const now = this.#clock();
    for (const [known, { expires_at }] of this.#expected) if (expires_at <= now) this.#expected.delete(known);
    const [oldest] = this.#expected.keys();
    if (this.#expected.size >= MAX_IN_MEMORY && oldest !== undefined) this.#expected.delete(oldest);
    this.#expected.set(name, retry);
  }

  async spend(
    name: string,
    { agent, upstream, call_hash }: Pick<ExpectedRetry, 'agent' | 'upstream' | 'call_hash'>,
    now: number,
  ): Promise<ExpectedRetry | undefined> {
    const found = this.#expected.get(name);
    const fits =
      found?.agent === agent &&
      found.upstream === upstream &&
      found.call_hash === call_hash &&
      found.expires_at > now;
    if (!fits) return undefined;
    this.#expected.delete(name);
    return found;
  }
}
