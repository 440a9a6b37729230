import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from '../claim.ts';
import type { MessageId } from '../message.ts';
import { isObject } from '../message.ts';
import type { UpstreamAway } from '../upstream-away.ts';
import { askingResult, type Asked } from './asked.ts';

/** One request of a client's for this call: the call itself, or a retry of it. */
export interface Round {
  /** The id that its answer is under. */
  readonly id: MessageId;
  readonly claim: RunningClaim | undefined;
  readonly say: (message: JsonObject) => void;
  /** Names the call for its retry. */
  readonly keep: () => string;
}

/** Questions of a server that come so soon after each other are put to the client together. */
const TOGETHER_MS = 20;

interface Waiting {
  readonly answered: (answer: JsonObject | undefined) => void;
  readonly unsent: (away: UpstreamAway) => void;
}

/** How to speak to the server of the call. */
export interface CallServer {
  /** Answers a request of the server's. */
  readonly respond: (id: MessageId, outcome: JsonObject, asked: Asked) => void;
  readonly cancel: (params: JsonObject) => void;
}

/**
 * A call at a server of the older era, for a client of the newer one, over as many requests of the client's as the server
 * has questions. The call is sent once; its claim is settled by its one end, whoever listens then.
 */
export class HeldCall {
  readonly #server: CallServer;
  #round: (Round & Waiting) | undefined;
  /** What the server asks and the client has not been told. */
  readonly #waiting = new Map<string, Asked & { readonly id: MessageId }>();
  /** What the client was asked last. */
  #asked = new Map<string, Asked & { readonly id: MessageId }>();
  #claim: RunningClaim | undefined;
  #ended: { readonly answer: JsonObject | undefined } | undefined;
  #asking = false;
  #ending = false;

  constructor(server: CallServer) {
    this.#server = server;
  }

  /** Whether a request of the client's waits for its answer now. */
  get listening(): boolean {
    return this.#round !== undefined;
  }

  /** Resolves with the answer to this request: the call's end, or what the server asks. Rejects with `UpstreamAway`. */
  next(round: Round): Promise<JsonObject | undefined> {
    if (round.claim !== undefined) this.#claim = round.claim;
    return new Promise((answered, unsent) => {
      this.#round = { ...round, answered, unsent };
      if (this.#ended !== undefined) this.#answer(this.#ended.answer);
      else if (this.#waiting.size > 0) this.#askSoon();
    });
  }

  /** What the client answers; what it left out is asked again. */
  respond(responses: JsonObject): void {
    for (const [key, asked] of this.#asked) {
      const response = responses[key];
      if (isObject(response)) this.#server.respond(asked.id, { result: response }, asked);
      else this.#waiting.set(key, asked);
    }
    this.#asked = new Map();
  }

  say(message: JsonObject): void {
    this.#round?.say(message);
  }

  /** The server asks; several at once are told together. */
  ask(id: MessageId, asked: Asked): void {
    this.#waiting.set(randomUUID(), { ...asked, id });
    this.#askSoon();
  }

  /** The end of the call. It is reported before it is told. */
  async end(answer: JsonObject | undefined): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await this.#claim?.answered(answer);
    this.#ended = { answer };
    this.#answer(answer);
  }

  /** It ends before it began. */
  async unsent(away: UpstreamAway): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await this.#claim?.unsent();
    this.#ended = { answer: undefined };
    this.#round?.unsent(away);
    this.#round = undefined;
  }

  async cancel(params: JsonObject): Promise<void> {
    if (this.#ending) return;
    this.#server.cancel(params);
    await this.end(undefined);
  }

  /** Nobody came back. */
  async giveUp(): Promise<void> {
    for (const asked of [...this.#asked.values(), ...this.#waiting.values()]) {
      const error = { code: -32603, message: 'the client does not answer' };
      this.#server.respond(asked.id, { error }, asked);
    }
    await this.cancel({ reason: 'the client did not come back' });
  }

  #answer(answer: JsonObject | undefined): void {
    const round = this.#round;
    this.#round = undefined;
    round?.answered(answer === undefined ? undefined : { ...answer, id: round.id });
  }

  #askSoon(): void {
    if (this.#asking) return;
    this.#asking = true;
    setTimeout(() => {
      this.#asking = false;
      void this.#put();
    }, TOGETHER_MS);
  }

  async #put(): Promise<void> {
    const round = this.#round;
    if (round === undefined || this.#ending || this.#waiting.size === 0) return;
    this.#round = undefined;
    this.#asked = new Map(this.#waiting);
    this.#waiting.clear();
    const result = askingResult(this.#asked, round.keep());
    // The claim goes on: it is kept for the retry before the client hears of one.
    await this.#claim?.answered({ result });
    round.answered({ jsonrpc: '2.0', id: round.id, result });
  }
}
