import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { closed, listening } from './authorization-server.ts';

/** An MCP server that only takes tokens of one authorization server, for itself. */
export interface GuardedServer {
  readonly url: string;
  /** What the tokens of the calls that it ran said. */
  readonly calls: readonly JWTPayload[];
  /** Every Authorization header that came. */
  readonly authorizations: readonly (string | undefined)[];
  /** From now on the tokens that were issued until now are refused. */
  forgetTokens(): void;
  readonly close: () => Promise<void>;
}

export async function startGuardedServer(issuer: () => string): Promise<GuardedServer> {
  const calls: JWTPayload[] = [];
  const authorizations: (string | undefined)[] = [];
  const seen = new Set<string>();
  let forgotten: ReadonlySet<string> = new Set();
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization } = request.headers;
    authorizations.push(authorization);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = authorization?.replace(/^Bearer /, '') ?? '';
    keys ??= createRemoteJWKSet(new URL('/jwks', issuer()));
    const verified = await jwtVerify(token, keys, { issuer: issuer(), audience: `${url}/mcp` }).catch(
      () => undefined,
    );
    if (verified === undefined || forgotten.has(token)) {
      const challenge = `Bearer resource_metadata="${url}/.well-known/oauth-protected-resource/mcp"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return;
    }
    seen.add(token);
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id?: unknown; method: string };
    if (id === undefined) return void response.writeHead(202).end();
    if (method === 'tools/call') calls.push(verified.payload);
    const tools = [{ name: 'write', inputSchema: { type: 'object' } }];
    const result =
      method === 'server/discover'
        ? { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } }
        : method === 'tools/list'
          ? { tools }
          : { content: [{ type: 'text', text: 'written' }] };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  };
  const server = createServer((request, response) => void handle(request, response));
  const url = await listening(server);
  return {
    url: `${url}/mcp`,
    calls,
    authorizations,
    forgetTokens: () => void (forgotten = new Set(seen)),
    close: () => closed(server),
  };
}
