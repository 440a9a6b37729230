import { canonicalHash, type JsonObject } from '@countersign/core';
import { notificationOf } from '../made-message.ts';
import { agentIn } from '../standing.ts';
import { SESSION, type HttpUpstream } from '../upstream.ts';
import { initializedBy, initializeRequest } from './begin-session.ts';
import { clientCapabilities } from './capabilities.ts';
import type { HeldCalls } from './held-calls.ts';
import { HttpPeer } from './http-peer.ts';
import { LegacySession } from './legacy-session.ts';

/** A session that nobody has used for so long ends; the next request begins another. */
const IDLE_MS = 10 * 60_000;
const LOOK_EVERY_MS = 60_000;
/** Sessions of one agent, which may call for many people; a server that we start has fewer. */
const MAX_PER_AGENT = 64;

interface Open {
  readonly agent: string;
  readonly session: LegacySession;
  readonly alive: () => boolean;
  readonly close: () => Promise<void>;
}

/**
 * Our sessions at an upstream of the older era: one for each agent, on behalf of whom it calls, and what its clients declare,
 * because a server asks by what a session declared. INVARIANT: none is ever used for another agent, or on behalf of another.
 */
export class LegacySessions {
  readonly #upstream: HttpUpstream;
  readonly #held: HeldCalls;
  readonly #gone: () => void;
  readonly #open = new Map<string, Promise<Open>>();
  readonly #timer: NodeJS.Timeout;

  /** `gone` hears when the upstream has forgotten a session: what is there now may be another. */
  constructor(upstream: HttpUpstream, held: HeldCalls, gone: () => void) {
    this.#gone = gone;
    this.#upstream = upstream;
    this.#held = held;
    this.#timer = setInterval(() => void this.#endIdle(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** The session of an agent for these capabilities; begins it with its first use. Rejects where the upstream gives none. */
  async of(agent: string, declared: JsonObject): Promise<LegacySession> {
    const capabilities = clientCapabilities(declared);
    const key = canonicalHash({ agent, capabilities });
    let opening = this.#open.get(key);
    if (opening === undefined) {
      await this.#makeRoom(agent);
      opening = this.#begin(agent, capabilities, () => this.#open.delete(key));
      this.#open.set(key, opening);
      opening.catch(() => this.#open.delete(key));
    }
    const { session, alive } = await opening;
    if (!alive() && this.#open.get(key) === opening) {
      this.#open.delete(key);
      return await this.of(agent, declared);
    }
    session.usedAt = Date.now();
    return session;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const all = await this.#settled();
    this.#open.clear();
    await Promise.all(
      all.map(async ([, { session, close }]) => {
        await session.close();
        await close();
      }),
    );
  }

  async #begin(agent: string, capabilities: JsonObject, gone: () => void): Promise<Open> {
    const first = new HttpPeer(this.#upstream, agent);
    const { answer, session: id } = await first.exchange(initializeRequest(1, capabilities), () => {}).answer;
    const server = initializedBy(answer);
    const headers = {
      'mcp-protocol-version': server.protocolVersion,
      ...(id === undefined ? {} : { [SESSION]: id }),
    };
    const peer = new HttpPeer(this.#upstream, agent, headers);
    peer.whenGone(() => {
      gone();
      this.#gone();
    });
    const session = new LegacySession({ agent, peer, server, held: this.#held });
    // It listens before it says that it is there: what a server asks at once is answered, and what it tells is heard.
    const stop = id === undefined ? () => {} : peer.listen((message) => session.heardApart(message));
    await peer.tell(notificationOf('notifications/initialized'));
    return {
      agent,
      session,
      alive: () => id === undefined || peer.alive,
      close: async () => {
        stop();
        if (id !== undefined) await peer.close();
      },
    };
  }

  async #makeRoom(agent: string): Promise<void> {
    const own = (await this.#settled()).filter(([, open]) => agentIn(open.agent) === agentIn(agent));
    if (own.length < MAX_PER_AGENT) return;
    const resting = own.filter(([, { session }]) => !session.busy);
    const [oldest] = resting.toSorted(([, a], [, b]) => a.session.usedAt - b.session.usedAt);
    if (oldest === undefined) throw new Error('this agent has too many sessions with work under way');
    this.#end(...oldest);
  }

  async #endIdle(): Promise<void> {
    const before = Date.now() - IDLE_MS;
    for (const [key, open] of await this.#settled())
      if (!open.session.busy && open.session.usedAt < before) this.#end(key, open);
  }

  #end(key: string, { close }: Open): void {
    this.#open.delete(key);
    void close().catch(() => {});
  }

  async #settled(): Promise<[string, Open][]> {
    const found = await Promise.allSettled(
      [...this.#open].map(async ([key, open]): Promise<[string, Open]> => [key, await open]),
    );
    return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }
}
