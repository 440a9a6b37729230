import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { isObject, type MessageId } from '../message.ts';
import type { Reply } from '../reply.ts';
import { agentIn } from '../standing.ts';
import { SESSION, type HttpUpstream, type OpenCall } from '../upstream.ts';
import { ConvertedLink } from './converted-link.ts';
import { HttpPeer } from './http-peer.ts';
import { ModernSession } from './modern-session.ts';
import { OpenTable } from '../open-table.ts';

/** A session that nobody has used for so long ends; its client begins another. */
const IDLE_MS = 30 * 60_000;
const LOOK_EVERY_MS = 60_000;
/** Sessions of one agent; one more takes the place of the one that rested longest. */
const MAX_PER_AGENT = 64;
/** What is told before the client listens. */
const MAX_UNHEARD = 100;

interface Kept {
  readonly id: string;
  readonly agent: string;
  readonly session: ModernSession;
  readonly capabilities: JsonObject;
  readonly calls: OpenTable<MessageId, OpenCall>;
  readonly unheard: JsonObject[];
  listener: Reply | undefined;
  usedAt: number;
}

/**
 * Sessions of clients of the older era at an upstream of the newer one, which has none: so they are ours. INVARIANT: each
 * belongs to the agent that began it; under another agent's credential it is unknown.
 */
export class ModernSessions {
  readonly #upstream: HttpUpstream;
  readonly #kept = new Map<string, Kept>();
  readonly #timer: NodeJS.Timeout;

  constructor(upstream: HttpUpstream) {
    this.#upstream = upstream;
    this.#timer = setInterval(() => this.#endIdle(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** The session that a request names, where it is one of ours. */
  named(http: IncomingMessage): boolean {
    const id = http.headers[SESSION];
    return typeof id === 'string' && this.#kept.has(id);
  }

  link(agent: string, http: IncomingMessage): ConvertedLink | 'unknown_session' {
    const kept = this.#find(agent, http);
    return kept === undefined ? 'unknown_session' : this.#linkTo(kept);
  }

  /** A session that begins with this request, and is kept once it is answered. */
  begin(agent: string, initialize: McpRequest): ConvertedLink {
    const { capabilities } = initialize.params;
    const session = new ModernSession(new HttpPeer(this.#upstream, agent), initialize, (message) =>
      tell(kept, message),
    );
    const kept: Kept = {
      id: randomUUID(),
      agent,
      session,
      capabilities: isObject(capabilities) ? capabilities : {},
      calls: new OpenTable(),
      unheard: [],
      listener: undefined,
      usedAt: Date.now(),
    };
    return this.#linkTo(kept, (answer, reply) => {
      if (answer['result'] === undefined) return;
      this.#makeRoom(agent);
      this.#kept.set(kept.id, kept);
      reply.header(SESSION, kept.id);
    });
  }

  get(agent: string, http: IncomingMessage, reply: Reply): void {
    const kept = this.#find(agent, http);
    if (kept === undefined) return reply.empty(404);
    if (!reply.stream()) return reply.empty(406);
    kept.listener = reply;
    reply.raw.once('close', () => {
      if (kept.listener === reply) kept.listener = undefined;
      kept.usedAt = Date.now();
    });
    for (const message of kept.unheard.splice(0)) reply.event(message);
    kept.session.listen();
  }

  remove(agent: string, http: IncomingMessage, reply: Reply): void {
    const kept = this.#find(agent, http);
    if (kept === undefined) return reply.empty(404);
    this.#end(kept);
    reply.empty(200);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const kept of this.#kept.values()) this.#end(kept);
  }

  #linkTo(kept: Kept, answering?: (answer: JsonObject, reply: Reply) => void): ConvertedLink {
    const { id, session, calls, capabilities } = kept;
    kept.usedAt = Date.now();
    return new ConvertedLink(() => Promise.resolve(session), {
      session: id,
      calls,
      capabilities,
      notify: (message) => tell(kept, message),
      ...(answering === undefined ? {} : { answering }),
    });
  }

  #find(agent: string, http: IncomingMessage): Kept | undefined {
    const id = http.headers[SESSION];
    const kept = typeof id === 'string' ? this.#kept.get(id) : undefined;
    return kept?.agent === agent ? kept : undefined;
  }

  #makeRoom(agent: string): void {
    const own = [...this.#kept.values()].filter((kept) => agentIn(kept.agent) === agentIn(agent));
    if (own.length < MAX_PER_AGENT) return;
    const [oldest] = own.toSorted((a, b) => Number(isBusy(a)) - Number(isBusy(b)) || a.usedAt - b.usedAt);
    if (oldest !== undefined) this.#end(oldest);
  }

  #endIdle(): void {
    const before = Date.now() - IDLE_MS;
    for (const kept of this.#kept.values()) if (!isBusy(kept) && kept.usedAt < before) this.#end(kept);
  }

  #end(kept: Kept): void {
    this.#kept.delete(kept.id);
    kept.session.close();
    kept.listener?.end();
  }
}

function isBusy({ calls, listener }: Kept): boolean {
  return calls.size > 0 || listener !== undefined;
}

function tell({ listener, unheard }: Kept, message: JsonObject): void {
  if (listener !== undefined) listener.event(message);
  else if (unheard.length < MAX_UNHEARD) unheard.push(message);
}
