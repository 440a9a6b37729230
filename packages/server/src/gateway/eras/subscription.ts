import type { JsonObject, JsonValue } from '@countersign/core';
import { isObject } from '../message.ts';
import { everyChange } from './notifications.ts';
import type { PeerExchange } from './peer.ts';

/** How soon a subscription that broke is made again. */
const AGAIN_MS = 5000;

export interface SubscriptionServer {
  readonly capabilities: () => JsonObject;
  /** Sends `subscriptions/listen`. */
  readonly listen: (notifications: JsonObject, heard: (message: JsonObject) => void) => PeerExchange;
  /** Hears what is told, once. */
  readonly told: (message: JsonObject) => void;
}

/** All that a session of the older era hears of, as the one subscription of the newer era which tells it. */
export class Subscription {
  readonly #server: SubscriptionServer;
  readonly #resources = new Set<string>();
  #current: PeerExchange | undefined;
  #changing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(server: SubscriptionServer) {
    this.#server = server;
  }

  open(): Promise<void> {
    return this.#change(async () => {
      if (this.#current === undefined) await this.#renew();
    });
  }

  /** Answers whether the server tells of it. */
  add(uri: string): Promise<boolean> {
    return this.#change(async () => {
      if (this.#resources.has(uri)) return true;
      this.#resources.add(uri);
      const agreed = await this.#renew();
      const isTold = agreed.includes(uri);
      if (!isTold) this.#resources.delete(uri);
      return isTold;
    });
  }

  remove(uri: string): Promise<void> {
    return this.#change(async () => {
      if (this.#resources.delete(uri)) await this.#renew();
    });
  }

  close(): void {
    this.#closed = true;
    this.#current?.cancel({});
    this.#current = undefined;
  }

  /** One change at a time: each takes the place of the subscription before it. */
  #change<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  #broke(exchange: PeerExchange): void {
    if (this.#current !== exchange) return;
    this.#current = undefined;
    setTimeout(() => void this.open().catch(() => {}), AGAIN_MS).unref();
  }

  /** Subscribes to all that is wanted now, and only then leaves what was; answers the resources that are told of. */
  async #renew(): Promise<readonly JsonValue[]> {
    const before = this.#current;
    const filter = everyChange(this.#server.capabilities(), this.#resources);
    if (this.#closed || Object.keys(filter).length === 0) {
      before?.cancel({});
      this.#current = undefined;
      return [];
    }
    const agreed = Promise.withResolvers<readonly JsonValue[] | undefined>();
    const exchange = this.#server.listen(filter as JsonObject, (message) => {
      if (message['method'] === 'notifications/subscriptions/acknowledged') {
        this.#current = exchange;
        agreed.resolve(resourcesOf(message));
      } else if (this.#current === exchange) this.#server.told(message);
    });
    const broke = (): void => {
      agreed.resolve(undefined);
      this.#broke(exchange);
    };
    exchange.answer.then(broke, broke);
    const resources = await agreed.promise;
    if (resources === undefined) return [];
    before?.cancel({});
    return resources;
  }
}

function resourcesOf({ params }: JsonObject): readonly JsonValue[] {
  const { notifications } = isObject(params) ? params : {};
  const resources = isObject(notifications) ? notifications['resourceSubscriptions'] : undefined;
  return Array.isArray(resources) ? (resources as readonly JsonValue[]) : [];
}
