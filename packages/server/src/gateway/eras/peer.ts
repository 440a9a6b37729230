import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import type { ClientMessage } from '../message.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';

/** A request sent on, and how to cancel it. Its answer is undefined where there is none, and rejects with `UpstreamAway` where it was not sent. */
export interface PeerExchange {
  readonly answer: Promise<JsonObject | undefined>;
  readonly cancel: (params: JsonObject) => void;
}

/** A server as it is met in its own era by one standing of ours: a session of the older one, or an agent in the newer. */
export interface Peer {
  readonly tools: ToolDefinitions;
  /** Sends it once, under an id of its own. `heard` gets what the server says meanwhile on the way of the answer, requests included. */
  send(request: McpRequest, heard: (message: JsonObject) => void): PeerExchange;
  /** A notification, or the answer to a request of the server's. Rejects when it is gone. */
  tell(message: ClientMessage): Promise<void>;
  listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject>;
  read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject>;
}

/** A request under way towards its caller's answer, in the caller's era. */
export interface Running {
  /** Under the request's own id. Undefined where the server was lost: whether it ran is unknown. Rejects with `UpstreamAway` where it was not sent; the claim has heard of it then. */
  readonly answer: Promise<JsonObject | undefined>;
  readonly cancel: (params: JsonObject) => void;
}

/** A server as a caller of the other era meets it. */
export interface Converted {
  readonly tools: ToolDefinitions;
  listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject>;
  read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject>;
  run(request: McpRequest, claim: RunningClaim | undefined, say: (message: JsonObject) => void): Running;
  pass(message: ClientMessage): Promise<void>;
}
