import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type JWK,
} from 'jose';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function newSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

/** A small authorization server: metadata, keys and tokens over real HTTP; it signs whatever a test wants signed. */
export class AuthorizationServer {
  readonly issuer: string;
  /** What it was asked for at its token endpoint. */
  readonly asked: Record<string, string>[] = [];
  /** Paths that were fetched. */
  readonly fetched: string[] = [];
  key: SigningKey;
  published: JWK[];
  /** Whether it answers at all. */
  up = true;
  /** What the tokens of its token endpoint say beside the usual. */
  claims: Record<string, unknown> = {};
  readonly #server: Server;

  private constructor(server: Server, key: SigningKey) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.key = key;
    this.published = [key.publicJwk];
  }

  static async open(): Promise<AuthorizationServer> {
    const server = createServer((request, response) => void opened.#answer(request, response));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const opened: AuthorizationServer = new AuthorizationServer(server, await newSigningKey('k1'));
    return opened;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** An RFC 9068 access token; a claim of undefined is left out. */
  async token(
    claims: Record<string, unknown>,
    { header = {}, key = this.key }: { header?: Record<string, unknown>; key?: SigningKey } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const all = {
      iss: this.issuer,
      exp: now + 300,
      iat: now,
      jti: crypto.randomUUID(),
      client_id: 'worker-client',
      sub: 'worker-client',
      ...claims,
    };
    return await new SignJWT(JSON.parse(JSON.stringify(all)) as Record<string, unknown>)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
      .sign(key.privateKey);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', this.issuer);
    this.fetched.push(pathname);
    const say = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (!this.up) return void request.socket.destroy();
    switch (pathname) {
      case '/.well-known/oauth-authorization-server':
        return say(200, {
          issuer: this.issuer,
          jwks_uri: `${this.issuer}/keys`,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          response_types_supported: ['code'],
          grant_types_supported: ['client_credentials'],
          token_endpoint_auth_methods_supported: ['client_secret_basic'],
          code_challenge_methods_supported: ['S256'],
          dpop_signing_alg_values_supported: ['ES256'],
        });
      case '/keys':
        return say(200, { keys: this.published });
      case '/token':
        return say(200, await this.#grant(request));
      default:
        return say(404, {});
    }
  }

  /** RFC 6749 §4.4, RFC 8707, and RFC 9449 §5 where there is a proof. */
  async #grant(request: IncomingMessage): Promise<object> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const asked = Object.fromEntries(new URLSearchParams(body));
    this.asked.push(asked);
    const { scope, resource } = asked;
    const { dpop } = request.headers;
    const jwk = typeof dpop === 'string' ? (decodeProtectedHeader(dpop)['jwk'] as JWK) : undefined;
    const cnf = jwk && { jkt: await calculateJwkThumbprint(jwk) };
    return {
      access_token: await this.token({ aud: resource, scope, cnf, ...this.claims }),
      token_type: cnf === undefined ? 'Bearer' : 'DPoP',
      expires_in: 300,
      scope,
    };
  }
}
