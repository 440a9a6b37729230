import type { IncomingMessage } from 'node:http';
import { isObject } from '../message.ts';
import type { UpstreamDoor } from '../upstream-door.ts';
import { PartReply } from './part-reply.ts';
import { agentIn } from '../standing.ts';
import { askPart, retryAfterMs, towards, type Answered, type Incoming } from './parts.ts';
import type { AggregateSession, Part } from './session.ts';

/** Sessions of one agent; one more takes the place of the one that was used longest ago. */
const MAX_SESSIONS_PER_AGENT = 16;
/** An upstream that could not be met is not waited for by every request. */
const AWAY_MS = 10_000;

/** The sessions of the older era at the aggregate address, and the sessions of each upstream below them. */
export class AggregateSessions {
  readonly #doors: ReadonlyMap<string, UpstreamDoor>;
  /** The one used longest ago first. */
  readonly #byId = new Map<string, AggregateSession>();

  constructor(doors: ReadonlyMap<string, UpstreamDoor>) {
    this.#doors = doors;
  }

  /** Another agent's session is none. */
  find(owner: string, id: string): AggregateSession | undefined {
    const session = this.#byId.get(id);
    if (session?.owner !== owner) return undefined;
    this.#byId.delete(id);
    this.#byId.set(id, session);
    return session;
  }

  keep(session: AggregateSession, incoming: Incoming): void {
    const own = [...this.#byId.values()].filter(({ owner }) => agentIn(owner) === agentIn(session.owner));
    const [oldest] = own;
    if (oldest !== undefined && own.length >= MAX_SESSIONS_PER_AGENT) void this.end(oldest, incoming);
    this.#byId.set(session.id, session);
  }

  /** Ends it, and what is below it. */
  async end(session: AggregateSession, { caller, http }: Incoming): Promise<void> {
    this.#byId.delete(session.id);
    await Promise.all(
      [...session.parts].map(async ([upstream, part]) => {
        if (part.session === undefined) return;
        const ending = Object.create(towards(http, part), { method: { value: 'DELETE' } }) as IncomingMessage;
        await this.#doors
          .get(upstream)
          ?.session(caller, ending, new PartReply(() => {}))
          .catch(() => {});
      }),
    );
  }

  /** Opens an upstream's session as the client opened ours; what it answered is what it says of itself. */
  async open(session: AggregateSession, upstream: string, incoming: Incoming): Promise<Answered | undefined> {
    const door = this.#doors.get(upstream);
    if (door === undefined) return undefined;
    const { caller } = incoming;
    const http = towards(incoming.http, undefined);
    const { 'mcp-protocol-version': _none, ...headers } = http.headers;
    const plain = Object.create(http, { headers: { value: headers } }) as IncomingMessage;
    const answered = await askPart(door, { caller, http: plain }, session.opening);
    const { result } = answered.value;
    if (!isObject(result)) {
      const restMs = Math.min(AWAY_MS, retryAfterMs(answered.value) ?? AWAY_MS);
      session.awayUntil.set(upstream, Date.now() + restMs);
      return answered;
    }
    const version = result['protocolVersion'];
    session.parts.set(upstream, {
      session: answered.session,
      version: typeof version === 'string' ? version : undefined,
    });
    return answered;
  }

  /** The upstream's session, opened again where it was away or is lost; undefined where it stays away. */
  async part(session: AggregateSession, upstream: string, incoming: Incoming): Promise<Part | undefined> {
    const part = session.parts.get(upstream);
    if (part !== undefined && this.#isKnown(session, upstream, part, incoming)) return part;
    let reopening = session.reopening.get(upstream);
    if (reopening === undefined) {
      reopening = this.#reopen(session, upstream, incoming).finally(() => session.reopening.delete(upstream));
      session.reopening.set(upstream, reopening);
    }
    return await reopening;
  }

  #isKnown(session: AggregateSession, upstream: string, part: Part, { caller, http }: Incoming): boolean {
    if (part.session === undefined) return true;
    return this.#doors.get(upstream)?.knows(caller, towards(http, part), session.opening) === true;
  }

  async #reopen(session: AggregateSession, upstream: string, incoming: Incoming): Promise<Part | undefined> {
    session.parts.delete(upstream);
    if ((session.awayUntil.get(upstream) ?? 0) > Date.now()) return undefined;
    await this.open(session, upstream, incoming);
    const part = session.parts.get(upstream);
    const door = this.#doors.get(upstream);
    if (part === undefined || door === undefined) return undefined;
    const there = { caller: incoming.caller, http: towards(incoming.http, part) };
    if (session.initialized !== undefined) await askPart(door, there, session.initialized);
    if (session.level !== undefined)
      await askPart(door, there, { ...session.level, id: 'countersign-level' });
    session.hear?.(upstream, part);
    return part;
  }
}
