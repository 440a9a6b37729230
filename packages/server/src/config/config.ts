import type { Limits } from './limits.ts';

/** A task of MCP's extension, a page to look at, or holding the call for a while. */
export type PendingForm = 'task' | 'url' | 'hold';

/** The OAuth scopes that an upstream's requests need. */
export interface ScopesConfig {
  /** By every request. */
  readonly all: readonly string[];
  /** By calls of a tool, beside those of every request. */
  readonly tools: Readonly<Record<string, readonly string[]>>;
  /** What a broader scope stands for as well. */
  readonly implies: Readonly<Record<string, readonly string[]>>;
}

/** An authorization server whose access tokens are taken, and whom of its own we know. */
export interface IssuerConfig {
  readonly issuer: string;
  /** Without it, found by the issuer's metadata. */
  readonly jwks_uri?: string;
  /** What it calls this gateway, in place of the resource's address. */
  readonly audience?: readonly string[];
  /** What its access tokens say of themselves in `typ`. */
  readonly typ: 'at+jwt' | 'JWT';
  /** Its clients and subjects that are agents here; `agent` is a name or id. Nobody else is an agent. */
  readonly agents: readonly {
    readonly client_id?: string | undefined;
    readonly sub?: string | undefined;
    readonly agent: string;
  }[];
  /** Its subjects that are people: `sub` to e-mail address. */
  readonly people: Readonly<Record<string, string>>;
}

/** An upstream MCP server behind the gateway; `name` is its key in the file and matches `[a-z0-9-]+`. */
export type UpstreamConfig = {
  readonly name: string;
  /** The catalog entry that describes its tools; without one every tool is unreviewed. */
  readonly catalog?: string;
  /** Calls without a credential act as this agent; refused unless everything is loopback. */
  readonly anonymous_agent?: string;
  /** How calls that wait for people are answered: the first of these that the client takes, else by holding. */
  readonly when_pending: readonly PendingForm[];
  /** The protocol that it speaks, `auto` where that is found out; without it whatever a caller says passes as it is. */
  readonly era?: 'auto' | '2025-11-25' | '2026-07-28';
  /** Whether its list of tools is told each agent as what that agent may do, as by default, or as it is. */
  readonly tools_list?: 'filtered' | 'whole';
  /** How long it has for each request of an agent's, in milliseconds; any time where it is not given. */
  readonly timeout_ms?: number;
  /** What an access token must have been granted; an API key is no token, and has no scopes. */
  readonly scopes?: ScopesConfig;
} & (
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      /** Absolute. */
      readonly cwd: string;
    }
  | {
      readonly kind: 'http';
      readonly url: string;
      /** Streamable HTTP where it is not given; `sse` is the one of MCP 2024-11-05. */
      readonly transport?: 'streamable-http' | 'sse';
      readonly headers: Readonly<Record<string, string>>;
      /** How its authorization server is asked for our tokens. */
      readonly credential?: CredentialConfig;
    }
);

/** Of `issuer` and `token_endpoint` there is one, and one of the secrets; paths are absolute. */
export interface CredentialConfig {
  readonly grant: 'client_credentials' | 'token_exchange';
  readonly issuer?: string | undefined;
  readonly token_endpoint?: string | undefined;
  readonly client_id: string;
  readonly client_secret?: string | undefined;
  readonly client_secret_file?: string | undefined;
  readonly private_key_file?: string | undefined;
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
  /** RFC 8707; the upstream's URL where it is not given. */
  readonly resource?: string | undefined;
}

/** The checked configuration: durations in milliseconds, paths absolute. */
export interface Config {
  readonly public_url: string;
  /** How long a held call waits for its approval, in milliseconds. */
  readonly hold_ms: number;
  readonly single_operator: boolean;
  /** How long a request may stay pending, in milliseconds. */
  readonly pending_ms: number;
  readonly outside_boundary: 'forbid' | { readonly step_up: string };
  /** Other PDPs whose signed denials may be brought here to ask people. */
  readonly pdps: readonly { readonly issuer: string; readonly jwks_uri: string }[];
  /** Whose access tokens the MCP doors take, beside our own API keys. */
  readonly issuers: readonly IssuerConfig[];
  /** Where enforcement points may ask to be told how their requests ended, each with the key of its signature. */
  readonly callbacks: readonly {
    readonly url: string;
    readonly secret: string;
    readonly internal: boolean;
  }[];
  /** What is inside the organisation: `example.com` with its subdomains, `=example.com` alone. */
  readonly domains: readonly string[];
  /** The file of the entities that policies and searches may speak of; absolute. */
  readonly entities?: string;
  readonly limits: Limits;
  readonly upstreams: readonly UpstreamConfig[];
}
