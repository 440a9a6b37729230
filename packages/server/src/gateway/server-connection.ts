import type { JsonObject } from '@countersign/core';
import type { ServerEnd, ServerLine } from './child-server.ts';

/** One connection to a server, whatever it is made of; it begins with its opening and ends once. */
export interface ServerConnection {
  /** Its lines were handed on by then. */
  readonly exited: Promise<ServerEnd>;
  readonly gone: boolean;
  /** Sends one message. Resolves when it was taken; rejects with `UpstreamAway` where none of it was sent. */
  send(message: JsonObject): Promise<void>;
  close(): Promise<void>;
}

/** Opens a connection that hands on its lines in the order in which they come, an answer in a turn of its own. */
export type OpenConnection = (line: (line: ServerLine) => void) => ServerConnection;

/** Where connections come from, one for each session of an agent. */
export interface ConnectionSource {
  open(agentId: string): OpenConnection;
  /** After all of them are closed. */
  close(): Promise<void>;
}
