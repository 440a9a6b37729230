import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Provider, type KoaContextWithOIDC } from 'oidc-provider';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const CLIENT_SECRET = 'a secret & of + odd %characters';

/** A real authorization server on this machine: client credentials, and token exchange for agents that a gateway vouches for. */
export interface AuthorizationServer {
  readonly issuer: string;
  /** The key of the client `by-key`. */
  readonly clientKey: KeyObject;
  /** Requests to the token endpoint. */
  readonly tokenRequests: () => number;
  /** Answers 500 to every request for a token. */
  fail(failing: boolean): void;
  readonly close: () => Promise<void>;
}

/** `vouches` is the origin of the gateway whose assertions are believed; tokens live `ttl` seconds. */
export async function startAuthorizationServer(vouches: string, ttl = 600): Promise<AuthorizationServer> {
  const server = createServer();
  const issuer = await listening(server);
  const clientKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signing = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const common = { redirect_uris: [], response_types: [] as [], scope: 'mcp' };
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...signing.privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    scopes: ['mcp'],
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
    clients: [
      {
        ...common,
        client_id: 'by-secret',
        client_secret: CLIENT_SECRET,
        grant_types: ['client_credentials'],
      },
      {
        ...common,
        client_id: 'by-key',
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [{ ...clientKey.publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
      },
      { ...common, client_id: 'exchanging', client_secret: CLIENT_SECRET, grant_types: [EXCHANGE] },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => resourceServer(resource),
      },
    },
    ttl: { ClientCredentials: ttl, AccessToken: ttl },
  });
  const resourceServer = (resource: string) => ({
    scope: 'mcp',
    audience: resource,
    accessTokenFormat: 'jwt' as const,
    accessTokenTTL: ttl,
  });
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', vouches));
  const exchange = async (ctx: KoaContextWithOIDC): Promise<void> => {
    const { client, params = {} } = ctx.oidc;
    const { payload } = await jwtVerify(String(params['subject_token']), keys, {
      issuer: vouches,
      audience: issuer,
      requiredClaims: ['sub', 'exp', 'jti'],
    });
    if (client === undefined) throw new Error('no client');
    const token = new provider.AccessToken({ client, accountId: payload.sub ?? '', scope: 'mcp' } as never);
    const resource = String(params['resource']);
    token.resourceServer = new provider.ResourceServer(resource, resourceServer(resource));
    ctx.body = {
      access_token: await token.save(),
      issued_token_type: params['requested_token_type'],
      token_type: 'Bearer',
      expires_in: token.expiration,
    };
  };
  const parameters = ['subject_token', 'subject_token_type', 'requested_token_type', 'resource', 'scope'];
  provider.registerGrantType(EXCHANGE, exchange, parameters, ['resource']);
  const callback = provider.callback();
  let tokenRequests = 0;
  let failing = false;
  server.on('request', (request: IncomingMessage, response) => {
    const isToken = request.url === '/token';
    if (isToken) tokenRequests++;
    if (isToken && failing) response.writeHead(500).end('the database is gone');
    else void callback(request, response);
  });
  return {
    issuer,
    clientKey: clientKey.privateKey,
    tokenRequests: () => tokenRequests,
    fail: (value) => void (failing = value),
    close: () => closed(server),
  };
}

export async function listening(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}
