import type { JsonObject } from '@countersign/core';
import { requestOf } from '../made-message.ts';
import type { Era } from '../message.ts';
import type { HttpUpstream } from '../upstream.ts';
import { HttpPeer } from './http-peer.ts';
import { speaksModern } from './introductions.ts';
import { envelopeOf } from './wording.ts';

/** Longer than any server needs for it; one of the older era need not answer at all. */
export const PROBE_MS = 10_000;

/** The request by which a server shows whether it speaks the newer era. MCP 2026-07-28 §"stdio: Backward Compatibility". */
export const discover = (id: string | number = 1): ReturnType<typeof requestOf> =>
  requestOf(id, 'server/discover', envelope(), 'modern');

function envelope(): JsonObject {
  return { _meta: envelopeOf({ clientInfo: { name: 'countersign', version: '1' }, capabilities: {} }) };
}

/** What the config says of an upstream: one era, or that it is found out. */
export type EraSetting = 'auto' | '2025-11-25' | '2026-07-28';

/**
 * What is known of the eras that an upstream speaks. What is found out is kept until the upstream is lost; a server that
 * speaks both is met by each caller in the caller's own.
 */
export class Spoken {
  readonly #upstream: HttpUpstream;
  readonly #setting: EraSetting;
  #modern: Promise<boolean> | undefined;
  #found: boolean | undefined;
  /** Whether it has answered `initialize`. */
  #legacy: boolean | undefined;

  constructor(upstream: HttpUpstream, setting: EraSetting) {
    this.#upstream = upstream;
    this.#setting = setting;
  }

  /** What is known without asking. */
  known(era: Era): boolean | undefined {
    if (this.#setting !== 'auto') return (this.#setting === '2026-07-28') === (era === 'modern');
    return era === 'legacy' ? this.#legacy : this.#found;
  }

  /** Asks once. Rejects where the upstream is not there: that says nothing of its era. */
  async modern(agent: string): Promise<boolean> {
    const known = this.known('modern');
    if (known !== undefined) return known;
    const asking = (this.#modern ??= this.#ask(agent));
    asking.catch(() => this.forget());
    const found = await asking;
    if (this.#modern !== undefined) this.#found = found;
    return found;
  }

  answeredInitialize(did: boolean): void {
    this.#legacy = did;
  }

  /** A session of ours has begun: so it is of the older era, even where it never answered our first question. */
  began(): void {
    this.#modern = Promise.resolve(false);
    this.#found = false;
  }

  /** It was lost: what comes in its place may be another. */
  forget(): void {
    this.#modern = undefined;
    this.#found = undefined;
    this.#legacy = undefined;
  }

  async #ask(agent: string): Promise<boolean> {
    const { answer, cancel } = new HttpPeer(this.#upstream, agent).exchange(discover(), () => {});
    const timer = setTimeout(() => cancel({ reason: 'no answer' }), PROBE_MS);
    timer.unref();
    const got = await answer.finally(() => clearTimeout(timer));
    if (got.answer !== undefined) return speaksModern(got.answer);
    // Who says nothing may be of the older era, or away: that is for its `initialize` to show.
    this.#modern = undefined;
    return false;
  }
}
