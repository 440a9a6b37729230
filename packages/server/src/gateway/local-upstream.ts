import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { endAnswered } from './answered.ts';
import type { ServerCommand, ServerEnd, ServerLine } from './child-server.ts';
import type { RunningClaim } from './claim.ts';
import { answerTo, Conversation, type Answer, type Exchange, type McpRequest } from './conversation.ts';
import { LOG_LEVEL } from './eras/wording.ts';
import { overConversation } from './legacy-connections.ts';
import { openLegacySession } from './legacy-session.ts';
import { metaOf, type ClientMessage, type Era, type MessageId } from './message.ts';
import { capabilitiesOf } from './pending/form.ts';
import type { Reply } from './reply.ts';
import { RestartPause } from './restart-pause.ts';
import type { ConnectionSource } from './server-connection.ts';
import { agentIn } from './standing.ts';
import { ToolDefinitions } from './tool-definitions.ts';
import { endUnanswered } from './unanswered.ts';
import { UpstreamAway } from './upstream-away.ts';
import {
  SESSION,
  type HttpUpstream,
  type Link,
  type DetachedLink,
  type NoLink,
  type OpenCall,
} from './upstream.ts';

/** A child that nobody has used for so long ends; the caller begins another session. */
const IDLE_MS = 30 * 60_000;
const LOOK_EVERY_MS = 60_000;
/** Children of one agent; one more takes the place of the one that rested longest. */
const MAX_SESSIONS_PER_AGENT = 16;
/** What a server says before its client listens: what is more is lost. */
export const MAX_UNHEARD = 100;
export const MAX_UNHEARD_BYTES: number = 1024 * 1024;
/** How long a call without a caller waits for a server that rests; less than what we take to stop. */
const PATIENCE_MS = 3000;

type Said = (line: ServerLine) => void;

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
  readonly #sessions = new Map<string, LocalSession>();
  readonly #shared = new Map<string, LocalSession>();
  /** By agent. */
  readonly #pauses = new Map<string, RestartPause>();
  readonly #timer: NodeJS.Timeout;

  constructor(server: ServerCommand | ConnectionSource, hear: Hear) {
    this.#server = server;
    this.#hear = hear;
    this.#timer = setInterval(() => this.#endIdle(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  link(agentId: string, http: IncomingMessage, message: ClientMessage): Link | NoLink {
    if (http.headers[SESSION] !== undefined) return this.#find(agentId, http)?.link() ?? 'unknown_session';
    if (message.kind === 'request' && message.era === 'modern')
      return this.#sharedBy(agentId).link(new Map());
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
    const link = session.link(new Map());
    return {
      tools: link.tools,
      listTools: (request, cursor) => link.listTools(request, cursor),
      read: (request, tool, args) => link.read(request, tool, args),
      exchange: (request, claim) => answerTo(session.conversation.send(request, claim, () => {})),
      close: async () => {},
    };
  }

  async close(): Promise<void> {
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

  /** Throws `UpstreamAway` while a server that keeps ending rests. */
  #start(agentId: string, said: Said, tools: ToolDefinitions): Conversation {
    const startedAt = this.#pauseOf(agentId).start();
    const { overheard } = this.#hear;
    const server = 'open' in this.#server ? this.#server.open(agentId) : this.#server;
    const conversation = new Conversation(server, { said, overheard }, tools);
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

/** One child and whoever may speak to it. It starts with its first use: a refused `initialize` starts nothing. */
class LocalSession {
  readonly id: string = randomUUID();
  readonly agentId: string;
  readonly calls = new Map<MessageId, OpenCall>();
  usedAt: number = Date.now();
  capabilities: JsonObject = {};
  readonly tools: ToolDefinitions = new ToolDefinitions();
  readonly #start: (said: Said, tools: ToolDefinitions) => Conversation;
  #conversation: Conversation | undefined;
  /** Where the answers to its calls will go, the latest last. */
  readonly answering = new Map<Reply, McpRequest>();
  #listener: Reply | undefined;
  #unheard: Buffer[] = [];

  constructor(agentId: string, start: (said: Said, tools: ToolDefinitions) => Conversation) {
    this.agentId = agentId;
    this.#start = start;
  }

  /** Throws `UpstreamAway` where it cannot be started now. */
  get conversation(): Conversation {
    this.#conversation ??= this.#start((line) => this.#said(line), this.tools);
    return this.#conversation;
  }

  get gone(): boolean {
    return this.#conversation?.gone === true;
  }

  get busy(): boolean {
    return this.calls.size > 0 || this.#conversation?.busy === true || this.#listener !== undefined;
  }

  link(calls: Map<MessageId, OpenCall> = this.calls, opened?: () => void): Link {
    this.usedAt = Date.now();
    return new LocalLink(this, calls, opened);
  }

  /** The client's own stream: what the server said meanwhile, and all that it says from now on. */
  listen(reply: Reply): void {
    this.#listener = reply;
    reply.raw.once('close', () => {
      if (this.#listener === reply) this.#listener = undefined;
      this.usedAt = Date.now();
    });
    for (const line of this.#unheard.splice(0)) reply.event(line);
  }

  notify(message: JsonObject): void {
    const { method } = message;
    this.#hear(Buffer.from(JSON.stringify(message)), typeof method === 'string' ? method : undefined);
  }

  async close(): Promise<void> {
    this.#listener?.end();
    await this.#conversation?.close();
  }

  #said({ bytes, method }: ServerLine): void {
    this.#hear(bytes, method);
  }

  #hear(bytes: Buffer, method: string | undefined): void {
    // Who opened no stream of its own is told where it waits for an answer; over stdio a server cannot say which.
    const [reply] = [...this.answering].findLast(([, request]) => mayHear(request, method)) ?? [];
    if (this.#listener !== undefined) this.#listener.event(bytes);
    else if (reply?.stream() === true) reply.event(bytes);
    else if (hasRoomFor(this.#unheard, bytes)) this.#unheard.push(bytes);
  }
}

function hasRoomFor(unheard: readonly Buffer[], bytes: Buffer): boolean {
  const size = unheard.reduce((sum, { length }) => sum + length, bytes.length);
  return unheard.length < MAX_UNHEARD && size <= MAX_UNHEARD_BYTES;
}

/** Whether what a server says of no request in particular may stand before the answer to this one. */
function mayHear({ method, params, era }: McpRequest, said: string | undefined): boolean {
  // The stateless era has nothing of that kind but the logs that a request asks for.
  if (era === 'modern') return said === 'notifications/message' && metaOf(params)[LOG_LEVEL] !== undefined;
  // The answer to `initialize` carries the session in its headers, so nothing leaves before it.
  return method !== 'initialize';
}

class LocalLink implements Link {
  readonly calls: Map<MessageId, OpenCall>;
  readonly #session: LocalSession;
  readonly #opened: (() => void) | undefined;
  #fetched: Exchange | undefined;
  /** What the server said of this request before its permit was recorded. */
  readonly #early: JsonObject[] = [];
  #hear: (message: JsonObject) => void = (message) => {
    if (this.#early.length < MAX_UNHEARD) this.#early.push(message);
  };

  constructor(session: LocalSession, calls: Map<MessageId, OpenCall>, opened: (() => void) | undefined) {
    this.#session = session;
    this.calls = calls;
    this.#opened = opened;
  }

  get session(): string {
    return this.#session.id;
  }

  get tools(): ToolDefinitions {
    return this.#session.tools;
  }

  get capabilities(): JsonObject {
    return this.#session.capabilities;
  }

  notify(message: JsonObject): void {
    this.#session.notify(message);
  }

  async listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return await this.#session.conversation.listTools(request.params, cursor);
  }

  async read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return await this.#session.conversation.read(request.params, tool, args);
  }

  prefetch({ request }: OpenCall): void {
    try {
      this.#fetched = this.#session.conversation.send(request, undefined, (message) => this.#hear(message));
      this.#fetched.answer.catch(() => {});
    } catch {
      // It is away: whoever runs it finds that out again, and says so.
    }
  }

  drop(): void {
    this.#fetched?.cancel({});
  }

  async exchange(request: McpRequest, claim: RunningClaim | undefined): Promise<JsonObject | undefined> {
    const session = this.#session;
    return await answerTo(session.conversation.send(request, claim, (message) => session.notify(message)));
  }

  async run(call: OpenCall, reply: Reply, claim: RunningClaim | undefined): Promise<void> {
    const { request } = call;
    if (this.#opened !== undefined) reply.header(SESSION, this.#session.id);
    // What was said of a request that was fetched early is released with it, in its order.
    for (const message of this.#early.splice(0)) reply.event(message);
    this.#hear = (message) => reply.event(message);
    const { answering } = this.#session;
    answering.set(reply, request);
    let answer: Answer | undefined;
    try {
      const exchange =
        this.#fetched ?? this.#session.conversation.send(request, claim, (message) => this.#hear(message));
      call.cancel = (params) => exchange.cancel(params);
      answer = await exchange.answer;
    } catch (error) {
      if (!(error instanceof UpstreamAway)) throw error;
      return await endUnanswered(call, reply, claim, error);
    } finally {
      answering.delete(reply);
    }
    if (answer === undefined) return await endUnanswered(call, reply, claim);
    this.#opened?.();
    await endAnswered(call, reply, answer, this.#session.id);
  }

  async pass(message: ClientMessage): Promise<void> {
    await this.#session.conversation.pass(message);
  }
}
