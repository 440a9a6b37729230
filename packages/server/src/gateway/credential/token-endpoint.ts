import * as oauth from 'oauth4webapi';
import { isOfThisMachine } from '../../config/this-machine.ts';
import type { IssuedToken } from './access-tokens.ts';

const TIMEOUT_MS = 10_000;
/** Metadata is looked up again after an hour: endpoints and methods move. */
const METADATA_MS = 60 * 60_000;
/** What may stand after `Bearer`: RFC 6750 §2.1. */
const B64_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

export interface TokenEndpointOptions {
  /** Exactly one of the two: where it is, or whose metadata says so (RFC 8414, or OpenID Connect Discovery). */
  readonly issuer?: string;
  readonly tokenEndpoint?: string;
  readonly clientId: string;
  readonly authentication: (methods: readonly string[]) => oauth.ClientAuth;
}

/** Why there is no token, in words that hold no secret, and by the code of OAuth's where the server said one. */
export class NoToken extends Error {
  override readonly name: string = 'NoToken';
  readonly code: string | undefined;
  /** Whether it was the server that said no, and not nobody who answered. */
  readonly answered: boolean;

  constructor(message: string, code?: string, answered = false) {
    super(message);
    this.code = code;
    this.answered = answered;
  }
}

/** What an authorization server says of itself: undefined where it does not say. */
export interface TokenEndpointMetadata {
  readonly grants: readonly string[] | undefined;
  readonly authentication: readonly string[] | undefined;
}

/** Asks one authorization server for tokens. What it rejects with says what went wrong in a word, and holds no secret. */
export class TokenEndpoint {
  readonly #options: TokenEndpointOptions;
  #server: { readonly found: Promise<oauth.AuthorizationServer>; readonly until: number } | undefined;

  constructor(options: TokenEndpointOptions) {
    this.#options = options;
  }

  async request(grantType: string, parameters: Record<string, string>): Promise<IssuedToken> {
    return await this.#issued(grantType, parameters).catch((error: unknown) => {
      // The library's errors hold what was answered, a token perhaps: they go no further.
      throw new NoToken(reasonOf(error), codeIn(error), isAnswer(error));
    });
  }

  /** Looks without asking for a token. Rejects with `NoToken`. */
  async metadata(): Promise<TokenEndpointMetadata> {
    const server = await this.#metadata().catch((error: unknown) => {
      throw new NoToken(reasonOf(error));
    });
    const { grant_types_supported, token_endpoint_auth_methods_supported, token_endpoint } = server;
    if (token_endpoint === undefined) throw new NoToken('its metadata names no token endpoint');
    return { grants: grant_types_supported, authentication: token_endpoint_auth_methods_supported };
  }

  async #issued(grantType: string, parameters: Record<string, string>): Promise<IssuedToken> {
    const { clientId, authentication } = this.#options;
    const server = await this.#metadata();
    const client = { client_id: clientId };
    const methods = server.token_endpoint_auth_methods_supported ?? [];
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      authentication(methods),
      grantType,
      parameters,
      requestTo(server.token_endpoint ?? ''),
    );
    return tokenOf(await oauth.processGenericTokenEndpointResponse(server, client, response));
  }

  async #metadata(): Promise<oauth.AuthorizationServer> {
    const { issuer, tokenEndpoint } = this.#options;
    // Only what is needed to speak to it; no answer of this endpoint is held against an issuer.
    if (issuer === undefined) return { issuer: tokenEndpoint ?? '', token_endpoint: tokenEndpoint ?? '' };
    const now = performance.now();
    if (this.#server !== undefined && now < this.#server.until) return await this.#server.found;
    const server = { found: discover(new URL(issuer)), until: now + METADATA_MS };
    this.#server = server;
    server.found.catch(() => {
      if (this.#server === server) this.#server = undefined;
    });
    return await server.found;
  }
}

/** MCP 2026-07-28 §"Authorization Server Metadata Discovery": OAuth's place first, then OpenID Connect's. */
async function discover(issuer: URL): Promise<oauth.AuthorizationServer> {
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    const response = await oauth.discoveryRequest(issuer, { algorithm, ...requestTo(issuer.href) });
    if (response.status === 404 && algorithm === 'oauth2') {
      await response.body?.cancel();
      continue;
    }
    return await oauth.processDiscoveryResponse(issuer, response);
  }
  throw new Error('unreachable');
}

function requestTo(url: string): { signal: AbortSignal; [oauth.allowInsecureRequests]: boolean } {
  return {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    // Without TLS only on this machine, whatever metadata says.
    [oauth.allowInsecureRequests]: URL.canParse(url) && isOfThisMachine(new URL(url).hostname),
  };
}

function tokenOf({
  access_token,
  token_type,
  expires_in,
  ...rest
}: oauth.TokenEndpointResponse): IssuedToken {
  if (token_type !== 'bearer') throw new NoBearerToken('its token is no bearer token');
  if (!B64_TOKEN.test(access_token)) throw new NoBearerToken('its token is none that a header carries');
  // RFC 8693 §2.2.1: an exchange says what it issued.
  const { issued_token_type: issued } = rest;
  if (issued !== undefined && issued !== ACCESS_TOKEN && issued !== JWT)
    throw new NoBearerToken('it issued no access token');
  return { value: access_token, lifetimeMs: expires_in === undefined ? undefined : expires_in * 1000 };
}

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';

class NoBearerToken extends Error {}

/** RFC 6749 §5.2, by which 401 says no more than that it does not believe who asks. */
function codeIn(error: unknown): string | undefined {
  if (error instanceof oauth.WWWAuthenticateChallengeError && error.status === 401) return 'invalid_client';
  return error instanceof oauth.ResponseBodyError && /^\w{1,64}$/.test(error.error) ? error.error : undefined;
}

function isAnswer(error: unknown): boolean {
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.WWWAuthenticateChallengeError)
    return true;
  return error instanceof Error && error.cause instanceof Response;
}

/** In words of ours, codes of OAuth's registry and codes of the machine: a text of the server's may hold anything. */
function reasonOf(error: unknown): string {
  if (error instanceof oauth.ResponseBodyError)
    return `the authorization server answers ${error.status} ${codeIn(error) ?? ''}`;
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return `the authorization server answers ${error.status}`;
  if (error instanceof NoBearerToken) return `of the authorization server: ${error.message}`;
  if (error instanceof Error && error.name === 'TimeoutError')
    return 'the authorization server does not answer';
  const { cause } = error instanceof Error ? error : {};
  if (cause instanceof Response) return `the authorization server answers ${cause.status}`;
  const code = codeOf(cause) ?? codeOf(error);
  return `the authorization server cannot be used${code === undefined ? '' : ` (${code})`}`;
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
