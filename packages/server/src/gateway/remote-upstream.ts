import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { AgentsTools } from './agents-tools.ts';
import { AskedQuestions } from './asked-questions.ts';
import type { UpstreamCredential } from './credential/port.ts';
import { SharedStream } from './event-stream.ts';
import { overHttp } from './legacy-connections.ts';
import { openLegacySession } from './legacy-session.ts';
import { makesRoom } from './make-room.ts';
import type { ClientMessage, Era, MessageId } from './message.ts';
import { capabilitiesOf } from './pending/form.ts';
import { ASK_TIMEOUT_MS, RemoteLink, type RemoteSession } from './remote-link.ts';
import { RemoteWire, returned } from './remote-wire.ts';
import type { Reply } from './reply.ts';
import type { TimeLimit } from './time-limit.ts';
import { ToolDefinitions } from './tool-definitions.ts';
import {
  SESSION,
  type DetachedLink,
  type HttpUpstream,
  type Link,
  type NoLink,
  type OpenCall,
} from './upstream.ts';
import type { WireAnswer } from './wire-answer.ts';
import { OpenTable } from './open-table.ts';

const MAX_SESSIONS = 10_000;
/** So that no agent forgets those of others by opening more and more. */
const MAX_SESSIONS_PER_AGENT = 1000;

/** An MCP server at a URL. Its sessions belong to the agent that opened them. */
export class RemoteUpstream implements HttpUpstream {
  readonly #wire: RemoteWire;
  readonly #sessions = new Map<string, RemoteSession>();
  readonly #stateless = new AgentsTools();
  readonly limit: TimeLimit | undefined;
  /** What was asked of those who have no session. */
  readonly asked: AskedQuestions = new AskedQuestions();
  /** The streams of GETs, by session. */
  readonly #listeners = new Map<string, SharedStream>();

  constructor(
    config: { readonly url: string },
    credential: UpstreamCredential,
    complain: (text: string) => void,
    limit?: TimeLimit,
  ) {
    this.limit = limit;
    this.#wire = new RemoteWire(config, credential, complain);
  }

  link(agentId: string, http: IncomingMessage, message: ClientMessage): Link | NoLink {
    const session = http.headers[SESSION];
    if (typeof session === 'string') {
      const known = this.#sessions.get(session);
      if (known?.agentId !== agentId) return 'unknown_session';
      return new RemoteLink(this, http.headers, known, session);
    }
    const opens = message.kind === 'request' && message.method === 'initialize';
    if (opens) this.#stateless.forget(agentId);
    const tools = this.#stateless.of(agentId);
    const standing = {
      agentId,
      tools,
      calls: new OpenTable<MessageId, OpenCall>(),
      capabilities: opens ? capabilitiesOf(message.params) : {},
    };
    return new RemoteLink(this, http.headers, standing, undefined, (opened) =>
      this.#remember(opened, { ...standing, tools: new ToolDefinitions(), calls: new OpenTable() }),
    );
  }

  async detached(agentId: string, era: Era): Promise<DetachedLink> {
    if (era === 'legacy') return await openLegacySession(overHttp(this, agentId));
    const tools = this.#stateless.of(agentId);
    return new RemoteLink(this, {}, { agentId, tools, calls: new OpenTable(), capabilities: {} }, undefined);
  }

  async get(agentId: string, http: IncomingMessage, reply: Reply): Promise<void> {
    await this.#plain('GET', agentId, http, reply);
  }

  async remove(agentId: string, http: IncomingMessage, reply: Reply): Promise<void> {
    await this.#plain('DELETE', agentId, http, reply);
    const session = http.headers[SESSION];
    if (typeof session === 'string') this.#sessions.delete(session);
  }

  async close(): Promise<void> {
    await this.#wire.close();
  }

  /** Ends a session that was opened by ourselves. */
  async leave(agentId: string, headers: IncomingHttpHeaders, session: string): Promise<void> {
    const answer = await this.#wire.request(agentId, {
      method: 'DELETE',
      headers,
      session,
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    await answer.body.dump();
  }

  /** Says something of ours on the stream of a session, if there is one. */
  tell(session: string, message: JsonObject): void {
    this.#listeners.get(session)?.say(message);
  }

  /** Sends one message with the caller's protocol headers and our own credential. Rejects with `UpstreamAway`. */
  async send(
    agentId: string,
    headers: IncomingHttpHeaders,
    session: string | undefined,
    body: JsonObject,
    more: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<WireAnswer> {
    return await this.#wire.request(agentId, {
      method: 'POST',
      headers,
      session,
      body: JSON.stringify(body),
      more,
      signal,
    });
  }

  async #plain(
    method: 'GET' | 'DELETE',
    agentId: string,
    http: IncomingMessage,
    reply: Reply,
  ): Promise<void> {
    const session = http.headers[SESSION];
    // Without a session there is nothing to listen to or to end, as servers without sessions say themselves.
    if (typeof session !== 'string') return reply.empty(405, { allow: 'POST' });
    if (this.#sessions.get(session)?.agentId !== agentId) return reply.empty(404);
    const aborted = new AbortController();
    reply.raw.once('close', () => aborted.abort());
    const { signal } = aborted;
    const answer = await this.#wire.request(agentId, { method, headers: http.headers, session, signal });
    reply.begin(answer.statusCode, returned(answer.headers));
    const stream = new SharedStream(reply);
    if (method === 'GET') this.#listeners.set(session, stream);
    try {
      for await (const chunk of answer.body) await stream.pipe(chunk);
    } catch {
      // One of the two ends has left; what was said so far was passed on.
    }
    if (this.#listeners.get(session) === stream) this.#listeners.delete(session);
    reply.end();
  }

  #remember(session: string, standing: RemoteSession): void {
    const room = { ofAgent: MAX_SESSIONS_PER_AGENT, ofAll: MAX_SESSIONS };
    const oldest = makesRoom(this.#sessions, (each) => each.agentId, standing.agentId, room);
    if (oldest !== undefined) this.#sessions.delete(oldest);
    this.#sessions.set(session, standing);
  }
}
