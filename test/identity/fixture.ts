import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { SignJWT } from 'jose';
import { defaultConfig, parseConfig } from '../../packages/server/src/config/load-config.ts';
import { ask, type Ask, type Got } from '../../packages/server/src/gateway/testing-client.ts';
import { start, type Running } from '../../packages/server/src/start.ts';
import { AuthorizationServer, type SigningKey } from './authorization-server.ts';

const POLICIES = `
@id("all") permit (principal, action, resource) unless { resource == tool::"notes/write" };
@id("write") @step_up("approvers") @assurance("key") @ttl("15m") @uses("1")
permit (principal, action, resource == tool::"notes/write");
@id("weak") forbid (principal, action, resource == tool::"notes/read") when { context.agent.name == "weak" };
`;
export const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
export const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

/** What the server behind the gateway was sent. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly method: string; readonly params: Record<string, unknown> };
}

/** A whole Countersign in this process, an authorization server, and a recording MCP server behind it. */
export interface Site {
  readonly as: AuthorizationServer;
  readonly running: Running;
  readonly url: string;
  /** The resource of the upstream `notes`. */
  readonly resource: string;
  readonly received: Received[];
  readonly logged: string[];
  /** Agent ids by name. */
  readonly agents: Readonly<Record<string, string>>;
  readonly apiKey: string;
  /** A token for `notes`. */
  token(claims?: Record<string, unknown>, how?: Parameters<AuthorizationServer['token']>[1]): Promise<string>;
  say(method: string, params: Record<string, unknown>, token: string, how?: Say): Promise<Got>;
  /** In a session of MCP 2025-11-25, or to begin one; a GET has no message. */
  sayLegacy(message: object | undefined, token: string, how?: Ask): Promise<Got>;
  call(tool: string, token: string, how?: Say): Promise<Got>;
  close(): Promise<void>;
}

export interface Say extends Ask {
  readonly scheme?: string;
  readonly proof?: string;
  readonly path?: string;
  readonly args?: object;
  readonly capabilities?: object;
}

export async function openSite(
  issuer: Record<string, unknown> = {},
  notes: Record<string, unknown> = {},
): Promise<Site> {
  const as = await AuthorizationServer.open();
  const dir = mkdtempSync(join(tmpdir(), 'countersign-identity-'));
  const received: Received[] = [];
  const upstream = await recordingServer(received);
  mkdirSync(join(dir, 'catalog'));
  writeFileSync(join(dir, 'site.cedar'), POLICIES);
  const config = parseConfig(
    JSON.stringify({
      hold: '20s',
      upstreams: {
        notes: { url: upstream.url, headers: { authorization: 'Bearer ours' }, ...notes },
        other: { url: upstream.url },
      },
      issuers: [
        {
          issuer: as.issuer,
          agents: [
            { client_id: 'worker-client', sub: 'worker-sub', agent: 'worker' },
            { client_id: 'orchestrator-client', sub: 'orchestrator-sub', agent: 'orchestrator' },
            { client_id: 'weak-client', sub: 'weak-sub', agent: 'weak' },
            { client_id: 'ghost-client', agent: 'ghost' },
          ],
          people: { 'u-alice': 'alice@example.com', 'u-ann': 'ann@example.com' },
          ...issuer,
        },
      ],
    }),
    join(dir, 'countersign.yaml'),
    {},
  );
  const logged: string[] = [];
  const running = await start({
    config: { ...defaultConfig(), ...config },
    data: join(dir, 'data'),
    policies: dir,
    catalog: join(dir, 'catalog'),
    host: '127.0.0.1',
    port: 0,
    logger: pino({ level: 'debug' }, { write: (line) => void logged.push(line) }),
  });
  const agents: Record<string, string> = {};
  let apiKey = '';
  for (const name of ['worker', 'orchestrator', 'weak']) {
    const added = await running.authority.registry.addAgent({ name, owner_email: 'owner@example.com' });
    agents[name] = added.agent.id;
    if (name === 'worker') apiKey = added.api_key;
  }
  const { url } = running;
  const resource = `${running.config.public_url}/mcp/notes`;
  const site: Site = {
    as,
    running,
    url,
    resource,
    received,
    logged,
    agents,
    apiKey,
    token: (claims = {}, how) => as.token({ aud: resource, ...claims }, how),
    say(method, params, token, { scheme = 'Bearer', proof, path = '/mcp/notes', headers, ...how } = {}) {
      const { name, taskId } = params;
      const named = name ?? taskId;
      const capabilities = how.capabilities ?? {};
      const meta = { ...META, 'io.modelcontextprotocol/clientCapabilities': capabilities };
      return ask(
        url + path,
        { id: 1, method, params: { ...params, _meta: meta } },
        {
          ...how,
          headers: {
            'mcp-protocol-version': '2026-07-28',
            'mcp-method': method,
            ...(typeof named === 'string' ? { 'mcp-name': named } : {}),
            authorization: `${scheme} ${token}`,
            ...(proof === undefined ? {} : { dpop: proof }),
            ...headers,
          },
        },
      );
    },
    sayLegacy: (message, token, how = {}) =>
      ask(url + '/mcp/notes', message, {
        ...how,
        ...(message === undefined ? { method: 'GET' } : {}),
        headers: { 'mcp-protocol-version': '2025-11-25', authorization: `Bearer ${token}` },
      }),
    call: (tool, token, how) =>
      site.say('tools/call', { name: tool, arguments: how?.args ?? {} }, token, how),
    async close() {
      await running.stop();
      upstream.server.closeAllConnections();
      upstream.server.close();
      as.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return site;
}

/** A DPoP proof. RFC 9449 §4.2. */
export async function proofOf(
  key: SigningKey,
  token: string,
  htu: string,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const { kid: _kid, alg: _alg, ...jwk } = key.publicJwk;
  const ath = createHash('sha256').update(token).digest('base64url');
  const all = { jti: randomUUID(), htm: 'POST', htu, iat: Math.floor(Date.now() / 1000), ath, ...claims };
  return await new SignJWT(JSON.parse(JSON.stringify(all)) as Record<string, unknown>)
    .setProtectedHeader({ alg: key.alg, typ: 'dpop+jwt', jwk, ...header })
    .sign(key.privateKey);
}

async function recordingServer(received: Received[]): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        return;
      }
      const body = JSON.parse(text) as Received['body'] & { id?: number };
      received.push({ headers: request.headers, body });
      const { id, method } = body;
      if (method === 'subscriptions/listen') {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        return;
      }
      if (id === undefined) return void response.writeHead(202).end();
      const serverInfo = { name: 'recorder', version: '1' };
      const capabilities = { tools: {} };
      const tools = ['read', 'write'].map((name) => ({ name, inputSchema: { type: 'object' } }));
      const results: Record<string, object> = {
        initialize: { protocolVersion: '2025-11-25', capabilities, serverInfo },
        'server/discover': {
          resultType: 'complete',
          supportedVersions: ['2026-07-28'],
          capabilities,
          serverInfo,
          ttlMs: 0,
          cacheScope: 'private',
        },
        'tools/list': { resultType: 'complete', tools, ttlMs: 0, cacheScope: 'private' },
      };
      const done = { resultType: 'complete', content: [{ type: 'text', text: 'done' }] };
      response.writeHead(200, {
        'content-type': 'application/json',
        ...(method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {}),
      });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? done }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` };
}
