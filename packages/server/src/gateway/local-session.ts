import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@countersign/core';
import { endAnswered } from './answered.ts';
import type { ServerLine } from './child-server.ts';
import type { RunningClaim } from './claim.ts';
import { answerTo, type Answer, type Conversation, type Exchange, type McpRequest } from './conversation.ts';
import { LOG_LEVEL } from './eras/wording.ts';
import { metaOf, type ClientMessage, type MessageId } from './message.ts';
import type { Reply } from './reply.ts';
import { ToolDefinitions } from './tool-definitions.ts';
import { endUnanswered } from './unanswered.ts';
import { UpstreamAway } from './upstream-away.ts';
import { SESSION, type Link, type OpenCall } from './upstream.ts';
import { OpenTable } from './open-table.ts';

/** What a server says before its client listens: what is more is lost. */
export const MAX_UNHEARD = 100;
export const MAX_UNHEARD_BYTES: number = 1024 * 1024;

export type Said = (line: ServerLine) => void;

/** One child and whoever may speak to it. It starts with its first use: a refused `initialize` starts nothing. */
export class LocalSession {
  readonly id: string = randomUUID();
  readonly agentId: string;
  readonly calls = new OpenTable<MessageId, OpenCall>();
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

  link(calls: OpenTable<MessageId, OpenCall> = this.calls, opened?: () => void): Link {
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
  readonly calls: OpenTable<MessageId, OpenCall>;
  readonly #session: LocalSession;
  readonly #opened: (() => void) | undefined;
  #fetched: Exchange | undefined;
  /** What the server said of this request before its permit was recorded. */
  readonly #early: JsonObject[] = [];
  #hear: (message: JsonObject) => void = (message) => {
    if (this.#early.length < MAX_UNHEARD) this.#early.push(message);
  };

  constructor(
    session: LocalSession,
    calls: OpenTable<MessageId, OpenCall>,
    opened: (() => void) | undefined,
  ) {
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
    if (answer === undefined) {
      // A session that did not begin in time is nobody's.
      if (this.#opened !== undefined) void this.#session.close();
      return await endUnanswered(call, reply, claim);
    }
    this.#opened?.();
    await endAnswered(call, reply, answer, this.#session.id);
  }

  async pass(message: ClientMessage): Promise<void> {
    await this.#session.conversation.pass(message);
  }
}
