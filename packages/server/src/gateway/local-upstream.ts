import type { IncomingMessage } from 'node:http';
import type { ServerCommand, ServerEnd } from './child-server.ts';
import { answerTo, Conversation } from './conversation.ts';
import { overConversation } from './legacy-connections.ts';
import { openLegacySession } from './legacy-session.ts';
import { LocalSession, type Said } from './local-session.ts';
import type { ClientMessage, Era } from './message.ts';
import { capabilitiesOf } from './pending/form.ts';
import type { Reply } from './reply.ts';
import { RestartPause } from './restart-pause.ts';
import type { ConnectionSource } from './server-connection.ts';
import { agentIn } from './standing.ts';
import type { TimeLimit } from './time-limit.ts';
import { ToolDefinitions } from './tool-definitions.ts';
import { UpstreamAway } from './upstream-away.ts';
import { SESSION, type HttpUpstream, type Link, type DetachedLink, type NoLink } from './upstream.ts';
import { OpenTable } from './open-table.ts';

/** A child that nobody has used for so long ends; the caller begins another session. */
const IDLE_MS = 30 * 60_000;
const LOOK_EVERY_MS = 60_000;
/** Children of one agent; one more takes the place of the one that rested longest. */
const MAX_SESSIONS_PER_AGENT = 16;
/** How long a call without a caller waits for a server that rests; less than what we take to stop. */
const PATIENCE_MS = 3000;

/** What an operator may want to know of a server beside its answers. */
export interface Hear {
  readonly complaint: (text: string) => void;
  readonly overheard: (text: string) => void;
}

/**
 * An MCP server that we start ourselves, behind HTTP; or one that takes one connection for each conversation, in the place of
 * a child. In the older era each session is a child of its own, bound to the agent that opened it; in the stateless era all
 * calls of one agent share one.
 */
export class LocalUpstream implements HttpUpstream {
  readonly #server: ServerCommand | ConnectionSource;
  readonly #hear: Hear;
  readonly #limit: TimeLimit | undefined;
  readonly #sessions = new Map<string, LocalSession>();
  readonly #shared = new Map<string, LocalSession>();
  /** By agent. */
  readonly #pauses = new Map<string, RestartPause>();
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(server: ServerCommand | ConnectionSource, hear: Hear, limit?: TimeLimit) {
    this.#server = server;
    this.#hear = hear;
    this.#limit = limit;
    this.#timer = setInterval(() => this.#endIdle(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  link(agentId: string, http: IncomingMessage, message: ClientMessage): Link | NoLink {
    if (http.headers[SESSION] !== undefined) return this.#find(agentId, http)?.link() ?? 'unknown_session';
    if (message.kind === 'request' && message.era === 'modern')
      return this.#sharedBy(agentId).link(new OpenTable());
    if (message.kind !== 'request' || message.method !== 'initialize') return 'no_session';
    if (!this.#makeRoom(agentId)) return 'too_many_sessions';
    const session = this.#session(agentId);
    session.capabilities = capabilitiesOf(message.params);
    return session.link(session.calls, () => {
      this.#sessions.set(session.id, session);
      void session.conversation.ended.then(() => this.#sessions.delete(session.id));
    });
  }

  async get(agentId: string, http: IncomingMessage, reply: Reply): Promise<void> {
    const session = this.#find(agentId, http);
    if (session === undefined) reply.empty(http.headers[SESSION] === undefined ? 400 : 404);
    else if (reply.stream()) session.listen(reply);
    else reply.empty(406);
  }

  async remove(agentId: string, http: IncomingMessage, reply: Reply): Promise<void> {
    const session = this.#find(agentId, http);
    if (session === undefined) {
      reply.empty(http.headers[SESSION] === undefined ? 400 : 404);
      return;
    }
    this.#sessions.delete(session.id);
    await session.close();
    reply.empty(200);
  }

  async detached(agentId: string, era: Era): Promise<DetachedLink> {
    // Nobody waits at the other end, so this call can.
    const { leftMs } = this.#pauseOf(agentId);
    if (leftMs > 0 && leftMs <= PATIENCE_MS) await new Promise((rested) => setTimeout(rested, leftMs));
    if (era === 'legacy')
      return await openLegacySession(
        overConversation((said) => this.#start(agentId, said, new ToolDefinitions())),
      );
    const session = this.#sharedBy(agentId);
    const link = session.link(new OpenTable());
    return {
      tools: link.tools,
      listTools: (request, cursor) => link.listTools(request, cursor),
      read: (request, tool, args) => link.read(request, tool, args),
      exchange: (request, claim) => answerTo(session.conversation.send(request, claim, () => {})),
      close: async () => {},
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    const all = [...this.#sessions.values(), ...this.#shared.values()];
    this.#sessions.clear();
    this.#shared.clear();
    await Promise.all(all.map((session) => session.close()));
    if ('open' in this.#server) await this.#server.close();
  }

  #find(agentId: string, http: IncomingMessage): LocalSession | undefined {
    const id = http.headers[SESSION];
    const session = typeof id === 'string' ? this.#sessions.get(id) : undefined;
    return session?.agentId === agentId ? session : undefined;
  }

  /** Requests of the stateless era have nothing that is met again, so an agent's are one child's, whomever it calls for. */
  #sharedBy(caller: string): LocalSession {
    const agentId = agentIn(caller);
    const known = this.#shared.get(agentId);
    if (known !== undefined && !known.gone) return known;
    const session = this.#session(agentId);
    this.#shared.set(agentId, session);
    return session;
  }

  #session(agentId: string): LocalSession {
    return new LocalSession(agentId, (said, tools) => this.#start(agentId, said, tools));
  }

  #pauseOf(caller: string): RestartPause {
    const agentId = agentIn(caller);
    const pause = this.#pauses.get(agentId) ?? new RestartPause();
    this.#pauses.set(agentId, pause);
    return pause;
  }

  /** Throws `UpstreamAway` while a server that keeps ending rests, and when we stop: one that is started then would outlive us. */
  #start(agentId: string, said: Said, tools: ToolDefinitions): Conversation {
    if (this.#closed) throw new UpstreamAway('the gateway stops');
    const startedAt = this.#pauseOf(agentId).start();
    const { overheard } = this.#hear;
    const server = 'open' in this.#server ? this.#server.open(agentId) : this.#server;
    const conversation = new Conversation(server, { said, overheard, limit: this.#limit }, tools);
    void conversation.ended.then((end) => this.#ended(agentId, startedAt, end));
    return conversation;
  }

  #ended(agentId: string, startedAt: number, end: ServerEnd): void {
    if (end.kind === 'closed') return;
    const restMs = this.#pauseOf(agentId).ended(startedAt);
    const next = restMs === 0 ? 'when it is called' : `in ${restMs / 1000} s at the earliest`;
    this.#hear.complaint(
      `the mcp server of ${agentIn(agentId)} is gone: ${end.how}; it is taken up again ${next}`,
    );
  }

  #makeRoom(agentId: string): boolean {
    const own = [...this.#sessions.values()].filter(
      (session) => agentIn(session.agentId) === agentIn(agentId),
    );
    if (own.length < MAX_SESSIONS_PER_AGENT) return true;
    const [oldest] = own.filter(({ busy }) => !busy).toSorted((a, b) => a.usedAt - b.usedAt);
    if (oldest === undefined) return false;
    this.#sessions.delete(oldest.id);
    void oldest.close();
    return true;
  }

  #endIdle(): void {
    const before = Date.now() - IDLE_MS;
    for (const sessions of [this.#sessions, this.#shared]) {
      for (const [id, session] of sessions) {
        if (session.busy || session.usedAt > before) continue;
        sessions.delete(id);
        void session.close();
      }
    }
  }
}
