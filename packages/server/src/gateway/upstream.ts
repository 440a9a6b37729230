import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from './claim.ts';
import type { ClientMessage } from './message.ts';
import type { Reply } from './reply.ts';
import type { ToolDefinitions } from './tool-definitions.ts';

export type McpRequest = ClientMessage & { readonly kind: 'request' };

/** One caller's standing with one upstream: a session of the older era, or nothing but the agent in the stateless one. */
export interface Link {
  readonly tools: ToolDefinitions;
  listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject>;
  /** Begins to fetch what is not released yet; `run` takes it up, `drop` throws it away. */
  prefetch?(request: McpRequest): void;
  drop?(): void;
  /** Sends it once and answers it on `reply`; settles the claim with what came of it. */
  run(request: McpRequest, reply: Reply, claim: RunningClaim | undefined): Promise<void>;
  /** Passes on a notification, or the answer to a request of the server's. */
  pass(message: ClientMessage): Promise<void>;
  /** The caller has cancelled or left. */
  cancelled(request: McpRequest): void;
}

/** An MCP server behind the HTTP door. */
export interface HttpUpstream {
  /** The link of this request, or why there is none. */
  link(agentId: string, http: IncomingMessage, message: ClientMessage): Promise<Link | 'unknown_session'>;
  /** The stream of a GET and the end of a DELETE, in the older era alone. */
  get(agentId: string, http: IncomingMessage, reply: Reply): Promise<void>;
  remove(agentId: string, http: IncomingMessage, reply: Reply): Promise<void>;
  close(): Promise<void>;
}
