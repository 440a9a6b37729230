import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from './claim.ts';
import type { McpRequest } from './conversation.ts';
import type { ClientMessage, Era, MessageId } from './message.ts';
import type { Reply } from './reply.ts';
import type { ToolDefinitions } from './tool-definitions.ts';
import { UpstreamAway } from './upstream-away.ts';
import type { OpenTable } from './open-table.ts';

/** A request of a caller's from its arrival to its answer. */
export interface OpenCall {
  readonly request: McpRequest;
  /** Ends the hold of a call that was not sent yet. */
  readonly hold: AbortController;
  forwarded: boolean;
  /** Cancels it at the upstream once it was sent, where there is another way than passing the notification on. */
  cancel?: (params: JsonObject) => void;
  /** Hears, beside the answer that says so, that nothing was sent: what an upstream answers cannot say that. */
  unsent?: (away: UpstreamAway) => void;
  /** What we add to the answer of a request that tells what the server can do; `session` is the one that it belongs to or opens. */
  readonly amend?: (answer: JsonObject, session: string | undefined) => JsonObject;
  /** What the caller is told in place of an answer, in its bytes; no other message of the stream is changed by it. */
  readonly tell?: (answer: Buffer) => Promise<Buffer>;
}

/** One caller's standing with one upstream: a session of the older era, or nothing but the agent in the stateless one. */
export interface Link {
  /** The name of the session, which proves nothing; undefined where there is none. */
  readonly session: string | undefined;
  readonly tools: ToolDefinitions;
  /** The calls under way in this session; of this request alone in the stateless era. */
  readonly calls: OpenTable<MessageId, OpenCall>;
  /** What the client of a session declared when it began; of the stateless era nothing. */
  readonly capabilities: JsonObject;
  /** Tells the client of a session something of ours, where it listens. */
  notify(message: JsonObject): void;
  /** Rejects with `UpstreamAway` where it could not be asked. */
  listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject>;
  /** Calls a tool that only reads, for ourselves, in the era and standing of the request; what it answers stays here. */
  read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject>;
  /** Begins to fetch what is not released yet; `run` takes it up, `drop` throws it away. */
  prefetch(call: OpenCall): void;
  drop(): void;
  /**
   * Sends it once, while nobody waits for the answer on a stream of its own: what is said of it meanwhile the client hears on its
   * other one. Rejects with `UpstreamAway`.
   */
  exchange(request: McpRequest, claim: RunningClaim | undefined): Promise<JsonObject | undefined>;
  /** Sends it once and answers it on `reply`; settles the claim with what came of it, or that it was not sent. */
  run(call: OpenCall, reply: Reply, claim: RunningClaim | undefined): Promise<void>;
  /** Passes on a notification, or the answer to a request of the server's. */
  pass(message: ClientMessage): Promise<void>;
}

/** An agent's standing with an upstream while nobody of it is connected: in the older era a session of our own. */
export interface DetachedLink extends Pick<Link, 'tools' | 'listTools' | 'read'> {
  /** Sends it once; its answer, undefined when the upstream ended first. The claim has heard of it then. Rejects with `UpstreamAway`. */
  exchange(request: McpRequest, claim: RunningClaim | undefined): Promise<JsonObject | undefined>;
  /** Ends what was opened for this one alone. */
  close(): Promise<void>;
}

/** Why a request has no link: a session that is not this agent's, none where one is needed, or too many. */
export type NoLink = 'unknown_session' | 'no_session' | 'too_many_sessions';

/** An MCP server behind the HTTP door. Its callers are known by their standing: see `standingOf`. */
export interface HttpUpstream {
  link(agentId: string, http: IncomingMessage, message: ClientMessage): Link | NoLink;
  /** The stream of a GET and the end of a DELETE, in the older era alone. */
  get(agentId: string, http: IncomingMessage, reply: Reply): Promise<void>;
  remove(agentId: string, http: IncomingMessage, reply: Reply): Promise<void>;
  /** For a call that runs on without its caller, in the era of the call. Rejects where a session cannot be opened. */
  detached(agentId: string, era: Era): Promise<DetachedLink>;
  close(): Promise<void>;
}

export const SESSION = 'mcp-session-id';

/** The upstream does not know the session any more that something of ours was asked in, and did nothing of it. */
export class SessionGone extends UpstreamAway {
  override readonly name: string = 'SessionGone';
}
