import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@countersign/core';
import { isObject, type ClientMessage, type MessageId } from '../message.ts';
import { toLegacyAsked, type Asked } from './asked.ts';
import { mayBeAsked } from './capabilities.ts';

/** People answer some of them. */
const ANSWER_MS = 10 * 60_000;

/** What a client answered, by the keys of what it was asked; or why it cannot be asked. */
export type Responses = { readonly given: JsonObject } | { readonly cannot: string };

type Response = ClientMessage & { readonly kind: 'response' };

/** The requests that we put to a client of the older era for a server of the newer one, which has none. */
export class ClientQuestions {
  readonly #declared: JsonObject;
  readonly #waiting = new Map<MessageId, (value: JsonObject | undefined) => void>();

  constructor(declared: JsonObject) {
    this.#declared = declared;
  }

  /** Puts all of it, or nothing where the client has not declared that it may be asked one of them. */
  async ask(
    asked: ReadonlyMap<string, Asked>,
    say: (message: JsonObject) => void,
    signal: AbortSignal,
  ): Promise<Responses> {
    for (const { method, params } of asked.values())
      if (!mayBeAsked(this.#declared, method, params))
        return {
          cannot: `the mcp server asks for ${JSON.stringify(method)}, which this client has not declared`,
        };
    const given = await Promise.all(
      [...asked].map(async ([key, each]) => [key, await this.#put(each, say, signal)] as const),
    );
    const missing = given.some(([, response]) => response === undefined);
    if (missing) return { cannot: 'this client did not answer what the mcp server asks' };
    return { given: Object.fromEntries(given) as JsonObject };
  }

  /** A response of the client's; one that nobody waits for reaches nobody. */
  answered({ id, value }: Response): void {
    const { result } = value;
    this.#waiting.get(id)?.(isObject(result) ? result : undefined);
  }

  close(): void {
    for (const settle of this.#waiting.values()) settle(undefined);
  }

  async #put(
    asked: Asked,
    say: (message: JsonObject) => void,
    signal: AbortSignal,
  ): Promise<JsonObject | undefined> {
    const id = `countersign-${randomUUID()}`;
    const { method, params } = toLegacyAsked(asked, randomUUID());
    const { promise, resolve } = Promise.withResolvers<JsonObject | undefined>();
    const given = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const giveUp = (): void => resolve(undefined);
    this.#waiting.set(id, resolve);
    given.addEventListener('abort', giveUp, { once: true });
    say({ jsonrpc: '2.0', id, method, params });
    const response = given.aborted ? undefined : await promise;
    given.removeEventListener('abort', giveUp);
    this.#waiting.delete(id);
    return response;
  }
}
