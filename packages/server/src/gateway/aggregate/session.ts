import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@countersign/core';
import { answeredBy, onTheWayTo } from './answer-to.ts';
import { NO_REQUESTS, messageEdits } from './said.ts';
import type { ClientMessage, MessageId } from '../message.ts';
import type { McpRequest } from '../conversation.ts';

/** A session of one upstream's within a session of ours. */
export interface Part {
  /** Undefined where the upstream gave none. */
  readonly session: string | undefined;
  /** The revision that it speaks. */
  readonly version: string | undefined;
}

/** What an upstream's server put to the client, under the id that the client knows. */
interface Asked {
  readonly upstream: string;
  readonly id: MessageId;
  readonly progressToken: MessageId | undefined;
}

/** What a server, or the client, may have asked and not heard of again; the oldest is forgotten first. */
const MAX_ASKED = 1000;

/** One client of the older era at the aggregate address: bound to its agent, with a session of each upstream below it. */
export class AggregateSession {
  readonly id: string = randomUUID();
  /** Whose it is: an agent's, on behalf of whom it was opened. */
  readonly owner: string;
  /** What opened it: an upstream that was away, or lost its session, is met the same way. */
  readonly opening: McpRequest;
  readonly parts = new Map<string, Part>();
  readonly reopening = new Map<string, Promise<Part | undefined>>();
  initialized: (ClientMessage & { readonly kind: 'notification' }) | undefined;
  level: McpRequest | undefined;
  /** Hears an upstream on the client's own stream, while it has one. */
  hear: ((upstream: string, part: Part) => void) | undefined;
  /** When an upstream that was away is looked for again, in milliseconds since the epoch. */
  readonly awayUntil = new Map<string, number>();
  readonly #asked = new Map<string, Asked>();
  /** Which upstream the client's latest requests went to. */
  readonly #passed = new Map<MessageId, string>();

  constructor(owner: string, opening: McpRequest) {
    this.owner = owner;
    this.opening = opening;
  }

  /**
   * What an upstream says, as our client is told it: what its server asks is asked under an id of ours. INVARIANT: no upstream
   * can guess the id of what another asks: what we do not understand passes as it is, and a client may understand it.
   */
  said(upstream: string, message: Buffer): Buffer {
    return messageEdits(message, upstream, {
      ...NO_REQUESTS,
      asked: (id, progressToken) => {
        const ours = `${upstream}.${randomUUID()}`;
        this.#asked.set(ours, { upstream, id, progressToken });
        const [oldest] = this.#asked.keys();
        if (this.#asked.size > MAX_ASKED && oldest !== undefined) this.#asked.delete(oldest);
        return ours;
      },
      cancelled: (id) =>
        [...this.#asked].find(([, each]) => each.upstream === upstream && each.id === id)?.[0],
    });
  }

  /** A request of the client's goes to one upstream. */
  passed(id: MessageId, upstream: string): void {
    this.#passed.delete(id);
    this.#passed.set(id, upstream);
    const [oldest] = this.#passed.keys();
    if (this.#passed.size > MAX_ASKED && oldest !== undefined) this.#passed.delete(oldest);
  }

  /**
   * The same on the client's own stream. An answer comes there where its own stream ended first (MCP 2025-11-25
   * §"Resumability"); undefined for one to a request that went to another upstream.
   */
  heard(upstream: string, message: Buffer): Buffer | undefined {
    const id = answeredBy(message);
    if (id === undefined) return this.said(upstream, message);
    const own = id !== null && this.#passed.get(id) === upstream ? onTheWayTo(id, message) : undefined;
    return own && this.said(upstream, own);
  }

  /** Takes what was asked under an id of ours, once. */
  take(id: MessageId): Asked | undefined {
    if (typeof id !== 'string') return undefined;
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  /** What was asked under a progress token of ours, while it is not answered. */
  progressOf({ progressToken }: JsonObject): Asked | undefined {
    const asked = typeof progressToken === 'string' ? this.#asked.get(progressToken) : undefined;
    return asked?.progressToken === undefined ? undefined : asked;
  }
}
