import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '@countersign/core';
import type { AskedQuestions } from './asked-questions.ts';
import { readAnswer } from './body.ts';
import type { RunningClaim } from './claim.ts';
import type { McpRequest } from './conversation.ts';
import { outcomeUnknownMessage } from './answers.ts';
import { lastMessage, messagesOf, SharedStream } from './event-stream.ts';
import { answerOf, KeptAnswer } from './kept-answer.ts';
import { readReply, type LegacyEndpoint } from './legacy-connections.ts';
import { amendedBody } from './lists/amended-events.ts';
import { notificationOf, requestOf } from './made-message.ts';
import { repeatedHeaders } from './mcp-headers.ts';
import { isObject, metaFor, type ClientMessage, type Era, type MessageId } from './message.ts';
import { returned } from './remote-wire.ts';
import type { Reply } from './reply.ts';
import { mayBeCancelled, TOOK_TOO_LONG } from './time-limit.ts';
import type { ToolDefinitions } from './tool-definitions.ts';
import { endUnanswered } from './unanswered.ts';
import { UpstreamAway } from './upstream-away.ts';
import { SESSION, SessionGone, type DetachedLink, type Link, type OpenCall } from './upstream.ts';
import type { WireAnswer } from './wire-answer.ts';
import type { OpenTable } from './open-table.ts';

/** How long the server has for what we ask of it ourselves. */
export const ASK_TIMEOUT_MS = 30_000;
/** A server answers no request that was cancelled; one that still does is listened to for so long. */
const CANCELLED_MS = 30_000;

/** What is remembered of a session while it lasts. */
export interface RemoteSession {
  readonly agentId: string;
  readonly capabilities: JsonObject;
  readonly tools: ToolDefinitions;
  readonly calls: OpenTable<MessageId, OpenCall>;
}

/** What a link needs of the upstream that it is one to. */
export interface RemoteEndpoint extends Pick<LegacyEndpoint, 'send' | 'limit'> {
  /** What was asked of those who have no session. */
  readonly asked: AskedQuestions;
  /** Says something of ours on the stream of a session, if there is one. */
  tell(session: string, message: JsonObject): void;
}

/** A caller's standing with an MCP server at a URL: one of its sessions, or none. */
export class RemoteLink implements Link, DetachedLink {
  readonly tools: ToolDefinitions;
  readonly calls: OpenTable<MessageId, OpenCall>;
  readonly #upstream: RemoteEndpoint;
  readonly #headers: IncomingHttpHeaders;
  readonly #standing: RemoteSession;
  readonly session: string | undefined;
  readonly #opened: ((session: string) => void) | undefined;
  readonly #abort = new AbortController();
  #fetched: Promise<WireAnswer> | undefined;
  /** Ends what is measured of the time that the upstream has. */
  #ended: (() => void) | undefined;
  #isLate = false;

  constructor(
    upstream: RemoteEndpoint,
    headers: IncomingHttpHeaders,
    standing: RemoteSession,
    session: string | undefined,
    opened?: (session: string) => void,
  ) {
    this.#upstream = upstream;
    this.#headers = headers;
    this.#standing = standing;
    this.tools = standing.tools;
    this.calls = standing.calls;
    this.session = session;
    this.#opened = opened;
  }

  async listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    const params: JsonObject = { ...(cursor === undefined ? {} : { cursor }), ...metaFor(request.params) };
    return await this.#ask(request.era, 'tools/list', params);
  }

  async read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    const params = { name: tool, arguments: args, ...metaFor(request.params) };
    return await this.#ask(request.era, 'tools/call', params, this.tools.headersFor(tool, args));
  }

  async #ask(
    era: Era,
    method: string,
    params: JsonObject,
    more: Record<string, string> = {},
  ): Promise<JsonObject> {
    try {
      return await this.#answered(era, method, params, more);
    } catch (error) {
      if (error instanceof UpstreamAway) throw error;
      throw new UpstreamAway(`it does not answer ${method}`, undefined, { cause: error });
    }
  }

  /** A request of our own, in the caller's standing. */
  async #answered(
    era: Era,
    method: string,
    params: JsonObject,
    more: Record<string, string>,
  ): Promise<JsonObject> {
    const id = 'countersign';
    const request = requestOf(id, method, params, era);
    const headers = era === 'modern' ? { ...more, ...repeatedHeaders(request) } : {};
    const version = era === 'modern' ? {} : versionOf(this.#headers);
    const answer = await this.#upstream.send(
      this.#standing.agentId,
      version,
      this.session,
      request.value,
      headers,
      AbortSignal.timeout(ASK_TIMEOUT_MS),
    );
    const body = await readAnswer(answer.body);
    // MCP 2025-11-25 §"Session Management": a 404 ends the session, and nothing was done in it.
    if (answer.statusCode === 404 && this.session !== undefined)
      throw new SessionGone('it has forgotten the session');
    const found = messagesOf(String(answer.headers['content-type']), body).find(
      (message) => message['id'] === id,
    );
    const result = found?.['result'];
    if (!isObject(result))
      throw new Error(`the upstream does not answer ${method}: status ${answer.statusCode}`);
    return result;
  }

  prefetch({ request }: OpenCall): void {
    this.#fetched = this.#send(request);
    this.#fetched.catch(() => {});
  }

  drop(): void {
    this.#ended?.();
    this.#abort.abort();
  }

  async run(call: OpenCall, reply: Reply, claim: RunningClaim | undefined): Promise<void> {
    await this.#run(call, reply, claim).finally(() => this.#ended?.());
  }

  async #run(call: OpenCall, reply: Reply, claim: RunningClaim | undefined): Promise<void> {
    const { request } = call;
    // In the stateless era closing the stream is the cancellation; a session has a message for it.
    call.cancel =
      request.era === 'modern'
        ? () => this.#abort.abort()
        : (params) => this.#cancelled({ ...params, requestId: request.id });
    let answer: WireAnswer;
    try {
      answer = await (this.#fetched ?? this.#send(request));
    } catch (error) {
      return await endUnanswered(call, reply, claim, error);
    }
    const opened = answer.headers[SESSION];
    if (typeof opened === 'string' && opened !== this.session) this.#opened?.(opened);
    const type = String(answer.headers['content-type'] ?? '');
    const isLooked = claim !== undefined || this.#upstream.limit !== undefined;
    const kept = isLooked ? new KeptAnswer() : undefined;
    const stream = new SharedStream(reply);
    const held = reply.streaming;
    const isEvents = type.startsWith('text/event-stream');
    try {
      if (call.amend !== undefined) return await this.#amended(answer, call.amend, reply, claim);
      if (held && !isEvents) {
        const body = await readAnswer(answer.body);
        this.#ended?.();
        await claim?.answered(answerOf(answer.statusCode, type, body));
        reply.finish((await call.tell?.(body)) ?? body);
        return;
      }
      if (!reply.streaming) reply.begin(answer.statusCode, returned(answer.headers, call.tell === undefined));
      const body = call.tell === undefined ? answer.body : amendedBody(type, answer.body, call.tell);
      const asks = request.era === 'legacy' && this.session === undefined;
      const hear = asks ? this.#upstream.asked.heardBy(this.#standing.agentId) : undefined;
      for await (const chunk of body) {
        kept?.push(chunk as Buffer);
        hear?.(chunk as Buffer);
        await stream.pipe(chunk as Buffer);
      }
      this.#ended?.();
    } catch {
      if (!reply.streaming) return await endUnanswered(call, reply, claim);
      // The answer itself may have been passed on before its stream broke off; there is no second one.
      const passed = isEvents ? kept?.bytes() : undefined;
      const said = passed && answerOf(answer.statusCode, type, passed);
      await claim?.answered(said);
      if (said !== undefined) return reply.end();
      const { id, method, era } = request;
      const mayTell = this.#isLate && (isEvents ? stream.between : held);
      if (call.hold.signal.aborted) reply.end();
      else if (mayTell) reply.finish(outcomeUnknownMessage(id, method, era));
      else reply.raw.destroy();
      return;
    }
    if (kept !== undefined) await claim?.answered(answerOf(answer.statusCode, type, kept.bytes()));
    reply.end();
  }

  async exchange(request: McpRequest, claim: RunningClaim | undefined): Promise<JsonObject | undefined> {
    let message: JsonObject | undefined;
    try {
      message = await readReply(await this.#send(request), (said) => this.notify(said));
    } catch (error) {
      if (error instanceof UpstreamAway) {
        await claim?.unsent();
        throw error;
      }
      // Whether it arrived there, nobody knows.
    } finally {
      this.#ended?.();
    }
    await claim?.answered(message);
    return message;
  }

  async close(): Promise<void> {}

  /** No session has a client of ours to tell here; those of the older era hear it on their own stream. */
  notify(message: JsonObject): void {
    if (this.session !== undefined) this.#upstream.tell(this.session, message);
  }

  async #amended(
    answer: WireAnswer,
    amend: NonNullable<OpenCall['amend']>,
    reply: Reply,
    claim: RunningClaim | undefined,
  ): Promise<void> {
    const type = String(answer.headers['content-type'] ?? '');
    const body = await readAnswer(answer.body);
    this.#ended?.();
    const last = lastMessage(type, body);
    await claim?.answered(answerOf(answer.statusCode, type, body));
    if (last === undefined || answer.statusCode >= 400) {
      if (reply.streaming) return reply.finish(body);
      reply.begin(answer.statusCode, returned(answer.headers));
      await reply.pipe(body);
      return reply.end();
    }
    for (const name of [SESSION, 'cache-control']) {
      const value = answer.headers[name];
      if (typeof value === 'string') reply.header(name, value);
    }
    for (const message of messagesOf(type, body).slice(0, -1)) reply.event(message);
    const { [SESSION]: opened = this.session } = answer.headers;
    reply.finish(amend(last, typeof opened === 'string' ? opened : undefined), answer.statusCode);
  }

  async pass(message: ClientMessage): Promise<void> {
    const { agentId } = this.#standing;
    const answers = message.kind === 'response' && this.session === undefined;
    if (answers && !this.#upstream.asked.take(agentId, message.id)) return;
    const answer = await this.#upstream.send(
      agentId,
      this.#headers,
      this.session,
      message.value,
      repeatedHeaders(message),
      AbortSignal.timeout(ASK_TIMEOUT_MS),
    );
    await answer.body.dump();
  }

  #cancelled(params: JsonObject): void {
    // Where it does not arrive, closing the connection says it too.
    this.pass(notificationOf('notifications/cancelled', params)).catch(() => this.#abort.abort());
    setTimeout(() => this.#abort.abort(), CANCELLED_MS).unref();
  }

  get capabilities(): JsonObject {
    return this.#standing.capabilities;
  }

  #send(request: McpRequest): Promise<WireAnswer> {
    const { name, arguments: args } = request.params;
    const params =
      request.method === 'tools/call' && request.era === 'modern' ? this.tools.headersFor(name, args) : {};
    const own = { ...params, ...repeatedHeaders(request) };
    const { agentId } = this.#standing;
    this.#ended = this.#upstream.limit?.begin(request.method, () => this.#late(request));
    return this.#upstream.send(agentId, this.#headers, this.session, request.value, own, this.#abort.signal);
  }

  /** A session has a message for it; for who has none, closing the connection says it. */
  #late({ id, method, era }: McpRequest): void {
    this.#isLate = true;
    const params = { ...TOOK_TOO_LONG, requestId: id };
    if (era === 'legacy' && mayBeCancelled(method))
      this.pass(notificationOf('notifications/cancelled', params)).catch(() => {});
    this.#abort.abort();
  }
}

function versionOf(headers: IncomingHttpHeaders): Record<string, string> {
  const version = headers['mcp-protocol-version'];
  return typeof version === 'string' ? { 'mcp-protocol-version': version } : {};
}
