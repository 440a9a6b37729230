import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import { isObject, SUBSCRIPTION, type MessageId } from '../message.ts';
import { honoured, isListenedTo, onSubscription, type Filter } from './notifications.ts';
import type { Running } from './peer.ts';

export interface ListenedSession {
  readonly capabilities: JsonObject;
  /** Asks the server something of ours. */
  readonly ask: (method: string, params: JsonObject) => Promise<JsonObject | undefined>;
}

interface Listener {
  readonly id: MessageId;
  readonly filter: Filter;
  say: (message: JsonObject) => void;
  readonly end: () => void;
}

/**
 * Who listens to one session of the older era by the newer era's `subscriptions/listen`. The session is told of everything;
 * each hears what it asked for. A resource is subscribed to while anybody listens to it.
 */
export class Listeners {
  readonly #session: ListenedSession;
  readonly #listeners = new Set<Listener>();

  constructor(session: ListenedSession) {
    this.#session = session;
  }

  get size(): number {
    return this.#listeners.size;
  }

  tell(method: string, params: JsonObject): void {
    for (const { id, filter, say } of this.#listeners)
      if (isListenedTo(filter, method, params)) say(onSubscription(method, params, id));
  }

  /** There is nothing more to tell. */
  close(): void {
    for (const { end } of this.#listeners) end();
    this.#listeners.clear();
  }

  /** MCP 2026-07-28 §"Subscriptions": until its client leaves. */
  listen(
    { id, params }: McpRequest,
    claim: RunningClaim | undefined,
    say: (message: JsonObject) => void,
  ): Running {
    const filter = honoured(params['notifications'], this.#session.capabilities);
    const ended = Promise.withResolvers<JsonObject | undefined>();
    const result = { resultType: 'complete', _meta: { [SUBSCRIPTION]: id } };
    // "MUST NOT send any notification on the subscription before" the acknowledgement.
    const early: JsonObject[] = [];
    const listener: Listener = {
      id,
      filter,
      say: (message) => early.push(message),
      end: () => ended.resolve({ jsonrpc: '2.0', id, result }),
    };
    const fresh = (filter.resourceSubscriptions ?? []).filter((uri) => !this.#hasResource(uri));
    this.#listeners.add(listener);
    const begin = async (): Promise<void> => {
      const notifications = await this.#agreed(filter, fresh);
      await claim?.answered({ result });
      const meta = { [SUBSCRIPTION]: id };
      const method = 'notifications/subscriptions/acknowledged';
      say({ jsonrpc: '2.0', method, params: { _meta: meta, notifications } });
      for (const message of early.splice(0)) say(message);
      listener.say = say;
    };
    begin().catch(() => ended.resolve(undefined));
    return {
      answer: ended.promise,
      cancel: () => {
        this.#listeners.delete(listener);
        for (const uri of filter.resourceSubscriptions ?? [])
          if (!this.#hasResource(uri))
            void this.#session.ask('resources/unsubscribe', { uri }).catch(() => {});
        listener.end();
      },
    };
  }

  /** What the server tells of: of its resources, those that it lets itself be subscribed to. */
  async #agreed(filter: Filter, fresh: readonly string[]): Promise<JsonObject> {
    const failed = new Set<string>();
    for (const uri of fresh) {
      const answer = await this.#session.ask('resources/subscribe', { uri });
      if (!isObject(answer?.['result'])) failed.add(uri);
    }
    const { resourceSubscriptions = [], ...changes } = filter;
    const kept = resourceSubscriptions.filter((uri) => !failed.has(uri));
    return { ...changes, ...(kept.length === 0 ? {} : { resourceSubscriptions: kept }) };
  }

  #hasResource(uri: string): boolean {
    return [...this.#listeners].some(({ filter }) => filter.resourceSubscriptions?.includes(uri));
  }
}
