import { createHmac } from 'node:crypto';
import { ConsentError } from '@countersign/core';
import { Agent, request as send, type Dispatcher } from 'undici';
import type { Config } from '../config/config.ts';
import type { Events } from './events.ts';
import { isInternalLiteral, leadsInside, publicLookup } from './addresses.ts';
import type { CallbackStore, DueCallback } from './port.ts';

/** A callback as a submission asks for it. */
export interface CallbackWish {
  readonly endpoint: string;
  readonly state?: string;
  readonly events?: readonly string[];
}

const TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 30 * 60_000;
/** A PEP that was away longer asks the task's status endpoint, which is what counts anyway. */
const GIVE_UP_MS = 24 * 60 * 60_000;
const AT_ONCE = 8;

/**
 * Throws `invalid_request` unless the configuration names the endpoint (ARAP: "an explicit deployment allowlist"), and
 * where it leads inside without being allowed to. Names change: whoever delivers looks again.
 */
export async function requireAllowed({ callbacks }: Config, { endpoint }: CallbackWish): Promise<void> {
  const allowed = callbacks.find(({ url }) => url === endpoint);
  if (allowed === undefined)
    throw new ConsentError('invalid_request', 'callback.endpoint is not one that this authority may call');
  if (!allowed.internal && (await leadsInside(new URL(endpoint).hostname)))
    throw new ConsentError('invalid_request', 'callback.endpoint leads to an internal address');
}

interface CallbackParts {
  readonly config: Config;
  readonly callbacks: CallbackStore;
  readonly events: Events;
  readonly clock: () => number;
}

/**
 * Tells enforcement points how their requests ended. A callback is a notification and nothing else: it carries no
 * result, and the status endpoint stays what counts. Signed as Standard Webhooks are: HMAC-SHA-256 over id, time, body.
 *
 * Crash order: it is kept before the answer to the submission leaves, and forgotten only after somebody took it, so a
 * crash in between delivers it twice.
 */
export class Callbacks {
  readonly #parts: CallbackParts;
  readonly #failed: (reason: string) => void;
  readonly #open: Dispatcher = new Agent({ connect: { timeout: TIMEOUT_MS } });
  readonly #guarded: Dispatcher = new Agent({ connect: { timeout: TIMEOUT_MS, lookup: publicLookup } });
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stop: (() => void) | undefined;

  constructor(parts: CallbackParts, failed: (reason: string) => void) {
    this.#parts = parts;
    this.#failed = failed;
  }

  start(): void {
    if (this.#parts.config.callbacks.length === 0) return;
    this.#stop = this.#parts.events.subscribe((event) => {
      if (event.kind === 'request' && event.status !== 'pending') this.#poke();
    });
    this.#timer = setInterval(() => this.#poke(), FIRST_RETRY_MS);
    this.#timer.unref();
    this.#poke();
  }

  async stop(): Promise<void> {
    this.#stop?.();
    clearInterval(this.#timer);
    this.#again = false;
    await Promise.all([this.#open.destroy(), this.#guarded.destroy()]);
    await this.#running;
  }

  #poke(): void {
    this.#again = this.#running !== undefined;
    this.#running ??= this.#deliver()
      .catch((error: unknown) => this.#failed(String(error)))
      .finally(() => {
        this.#running = undefined;
        if (this.#again) this.#poke();
      });
  }

  async #deliver(): Promise<void> {
    const due = await this.#parts.callbacks.due(this.#parts.clock(), AT_ONCE);
    await Promise.all(due.map((each) => this.#deliverOne(each)));
    if (due.length === AT_ONCE) this.#again = true;
  }

  async #deliverOne(callback: DueCallback): Promise<void> {
    const { callbacks, clock, config } = this.#parts;
    const allowed = config.callbacks.find(({ url }) => url === callback.endpoint);
    const wanted = callback.events?.includes(callback.status) ?? true;
    // It may have been taken out of the configuration since.
    if (allowed === undefined || !wanted || clock() - callback.ended_at > GIVE_UP_MS)
      return await callbacks.settle(callback);
    try {
      await this.#post(callback, allowed);
      await callbacks.settle(callback);
    } catch (error) {
      this.#failed(`${callback.endpoint}: ${error instanceof Error ? error.message : String(error)}`);
      const wait = Math.min(FIRST_RETRY_MS * 2 ** callback.attempts, LONGEST_RETRY_MS);
      await callbacks.postpone(callback, clock() + wait);
    }
  }

  async #post(
    { request, status, state, endpoint }: DueCallback,
    { secret, internal }: Config['callbacks'][number],
  ): Promise<void> {
    // An address needs no look-up, so it is looked at here.
    if (!internal && isInternalLiteral(new URL(endpoint).hostname))
      throw new Error('the endpoint is an internal address');
    const { public_url } = this.#parts.config;
    const status_endpoint = `${new URL(public_url).origin}/access/v1/requests/${request}`;
    const body = JSON.stringify({
      ...(state === undefined ? {} : { state }),
      task: { id: request, status, status_endpoint },
    });
    const time = String(Math.floor(this.#parts.clock() / 1000));
    const signature = createHmac('sha256', secret).update(`${request}.${time}.${body}`).digest('base64');
    const answer = await send(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': request,
        'webhook-timestamp': time,
        'webhook-signature': `v1,${signature}`,
      },
      body,
      dispatcher: internal ? this.#open : this.#guarded,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    await answer.body.dump();
    // A redirect is not followed: it would lead somewhere that nobody allowed.
    if (answer.statusCode < 200 || answer.statusCode > 299) throw new Error(`answered ${answer.statusCode}`);
  }
}
