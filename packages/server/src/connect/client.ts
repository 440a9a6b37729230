import type { Machine } from '../machine.ts';
import type { TextFormat } from './text/config-text.ts';

export type ClientName = 'claude-code' | 'claude-desktop' | 'cursor' | 'vscode' | 'codex' | 'gemini' | 'zed';

/** How a client writes a variable into a value; `${NAME}` is what our own config takes. */
export type Variables = 'none' | '${NAME}' | '$NAME' | '${env:NAME}';

/** An MCP client: where it keeps its servers, and how it writes one down. Data, so that the next one is a file like these. */
export interface ClientDescription {
  readonly name: ClientName;
  readonly title: string;
  /** An app that a desktop starts has not the PATH of a terminal. */
  readonly startedFrom: 'terminal' | 'desktop';
  readonly format: TextFormat;
  /** The user's own files, and those of the project in `folder`; `*` is any one folder. */
  readonly files: (
    machine: Machine,
    folder: string,
  ) => { readonly user: readonly string[]; readonly project: readonly string[] };
  /** Where the map from names to servers is; `*` is any one member. */
  readonly maps: readonly (readonly string[])[];
  readonly variables: Variables;
  /** Members of a server at a URL, beside those of one that is started. */
  readonly remote: RemoteMembers;
  /** What must be so before its file is written. */
  readonly beforehand?: string;
  /** What to do before it sees the change. */
  readonly restart: string;
}

export interface RemoteMembers {
  /** Which hold the address; the first that is there counts. */
  readonly url: readonly string[];
  /** Which map header names to values, to names of variables, or hold the name of the variable of a bearer token. */
  readonly headers: readonly string[];
  readonly envHeaders?: string;
  readonly bearerVariable?: string;
  /** Ways to sign in that only the client itself can take. */
  readonly signIn: readonly string[];
  /** Whether a `type` that names the transport may say `stdio`; otherwise it is taken out. */
  readonly typed: boolean;
}

/** What most clients call them. */
export const USUAL_REMOTE: RemoteMembers = {
  url: ['url'],
  headers: ['headers'],
  signIn: ['oauth', 'auth'],
  typed: true,
};
