import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { capabilitiesOf } from '../pending/form.ts';
import type { ClientMessage, Era } from '../message.ts';
import type { Reply } from '../reply.ts';
import { SESSION, type DetachedLink, type HttpUpstream, type Link, type NoLink } from '../upstream.ts';
import { initializeRequest } from './begin-session.ts';
import { ChosenLink } from './chosen-link.ts';
import { ConvertedLink } from './converted-link.ts';
import { DetachedCall } from './detached-call.ts';
import { FirstLink } from './first-link.ts';
import { HeldCalls } from './held-calls.ts';
import { HttpPeer } from './http-peer.ts';
import type { LegacySession } from './legacy-session.ts';
import { LegacySessions } from './legacy-sessions.ts';
import { ModernSession } from './modern-session.ts';
import { ModernSessions } from './modern-sessions.ts';
import { Spoken, type EraSetting } from './spoken.ts';

/**
 * An upstream that callers of both eras reach, whichever it speaks. Who speaks as it does is passed on as before, byte for
 * byte; for everybody else what is said is converted.
 */
export class ErasUpstream implements HttpUpstream {
  readonly #upstream: HttpUpstream;
  readonly #spoken: Spoken;
  readonly #held = new HeldCalls();
  /** Ours at the upstream, for clients that have none. */
  readonly #sessions: LegacySessions;
  /** Our clients' with us, where the upstream has none. */
  readonly #kept: ModernSessions;
  /** Those of calls that run without their callers. */
  readonly #detached = new Set<ModernSession>();

  constructor(upstream: HttpUpstream, setting: EraSetting) {
    this.#upstream = upstream;
    this.#spoken = new Spoken(upstream, setting);
    this.#sessions = new LegacySessions(upstream, this.#held, () => this.#spoken.forget());
    this.#kept = new ModernSessions(upstream);
  }

  link(agentId: string, http: IncomingMessage, message: ClientMessage): Link | NoLink {
    if (message.kind === 'request' && message.era === 'modern' && http.headers[SESSION] === undefined)
      return this.#modern(agentId, http, message);
    if (this.#kept.named(http))
      // A session is spoken to in its own era.
      return message.kind === 'request' && message.era === 'modern'
        ? 'unknown_session'
        : this.#kept.link(agentId, http);
    if (
      message.kind === 'request' &&
      message.method === 'initialize' &&
      this.#spoken.known('legacy') !== true
    )
      return this.#begin(agentId, http, message);
    return this.#upstream.link(agentId, http, message);
  }

  async get(agentId: string, http: IncomingMessage, reply: Reply): Promise<void> {
    if (this.#kept.named(http)) this.#kept.get(agentId, http, reply);
    else await this.#upstream.get(agentId, http, reply);
  }

  async remove(agentId: string, http: IncomingMessage, reply: Reply): Promise<void> {
    if (this.#kept.named(http)) this.#kept.remove(agentId, http, reply);
    else await this.#upstream.remove(agentId, http, reply);
  }

  /** A parked call's message says what its client declared, so its session is the one that such a client would have. */
  async detached(agentId: string, era: Era): Promise<DetachedLink> {
    if (era === 'legacy') return await this.#detachedLegacy(agentId);
    if (await this.#spoken.modern(agentId)) return await this.#upstream.detached(agentId, 'modern');
    return new DetachedCall((declared) => this.#session(agentId, declared));
  }

  /** A call of the older era goes where that is spoken in a session of its own; elsewhere it is converted. */
  async #detachedLegacy(agentId: string): Promise<DetachedLink> {
    if (this.#spoken.known('legacy') !== false) {
      try {
        return await this.#upstream.detached(agentId, 'legacy');
      } catch (error) {
        if (!(await this.#spoken.modern(agentId))) throw error;
      }
    }
    const peer = new HttpPeer(this.#upstream, agentId);
    const session = new ModernSession(peer, initializeRequest(1, {}), () => {});
    this.#detached.add(session);
    return new DetachedCall(
      () => Promise.resolve(session),
      async () => {
        this.#detached.delete(session);
        session.close();
      },
    );
  }

  async close(): Promise<void> {
    await this.#held.close();
    this.#kept.close();
    for (const session of this.#detached) session.close();
    await this.#sessions.close();
    await this.#upstream.close();
  }

  /** A client of the older era begins. Where that is not known yet, its own request finds out whether the upstream speaks as it does. */
  #begin(agentId: string, http: IncomingMessage, initialize: McpRequest): Link | NoLink {
    const known = this.#spoken.known('legacy');
    const converted = this.#kept.begin(agentId, initialize);
    if (known === false) return converted;
    const link = this.#upstream.link(agentId, http, initialize);
    if (typeof link === 'string') return link;
    return new FirstLink(link, async (answered) => {
      if (answered) this.#spoken.answeredInitialize(true);
      if (answered || !(await this.#spoken.modern(agentId))) return undefined;
      this.#spoken.answeredInitialize(false);
      return converted;
    });
  }

  /** Where none can be begun, the upstream may have become another. */
  async #session(agentId: string, declared: JsonObject): Promise<LegacySession> {
    try {
      const session = await this.#sessions.of(agentId, declared);
      this.#spoken.began();
      return session;
    } catch (error) {
      this.#spoken.forget();
      throw error;
    }
  }

  #modern(
    agentId: string,
    http: IncomingMessage,
    message: ClientMessage & { kind: 'request' },
  ): Link | NoLink {
    const known = this.#spoken.known('modern');
    if (known === true) return this.#upstream.link(agentId, http, message);
    const declared = capabilitiesOf(message.params);
    return new ChosenLink(async () => {
      if (!(await this.#spoken.modern(agentId)))
        return new ConvertedLink(() => this.#session(agentId, declared));
      const link = this.#upstream.link(agentId, http, message);
      if (typeof link === 'string') throw new Error(`the upstream gives no link: ${link}`);
      return link;
    });
  }
}
