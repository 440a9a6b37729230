import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Site } from '../e2e/countersign.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';
import { CLIENT_SECRET, startAuthorizationServer, type AuthorizationServer } from './authorization-server.ts';
import { startGuardedServer, type GuardedServer } from './guarded-server.ts';

let issuer: AuthorizationServer;
let upstream: GuardedServer;
let gateway: OpenGateway;
let otherKey: string;
beforeAll(async () => {
  upstream = await startGuardedServer(() => issuer.issuer);
  const site = new Site();
  await site.reservePort();
  issuer = await startAuthorizationServer(site.url);
  const key = issuer.clientKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(site.dir, 'client.pem'), key);
  writeFileSync(join(site.dir, 'client.secret'), `${CLIENT_SECRET}\n`);
  const asked = { issuer: issuer.issuer, scope: 'mcp' };
  const grant = 'client_credentials';
  const of = (credential: object) => ({ url: upstream.url, credential: { ...asked, ...credential } });
  gateway = await openGateway(
    {
      secret: of({ grant, client_id: 'by-secret', client_secret: CLIENT_SECRET }),
      file: of({ grant, client_id: 'by-secret', client_secret_file: 'client.secret' }),
      key: of({ grant, client_id: 'by-key', private_key_file: 'client.pem' }),
      exchange: of({ grant: 'token_exchange', client_id: 'exchanging', client_secret: CLIENT_SECRET }),
      wrong: of({ grant, client_id: 'by-secret', client_secret: 'guessed' }),
      late: of({ grant, client_id: 'by-secret', client_secret: CLIENT_SECRET }),
      fixed: { url: upstream.url, headers: { authorization: 'Bearer stale' } },
      none: { url: upstream.url },
    },
    undefined,
    site,
  );
  const other = await site.json('agent', 'add', 'other', '--owner', 'owner@example.com');
  otherKey = other['api_key'] ?? '';
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await issuer.close();
});
beforeEach(() => issuer.fail(false));

let id = 0;
async function call(
  name: string,
  key = gateway.agentKey,
): Promise<{ status: number; headers: Headers; body: object }> {
  const version = '2026-07-28';
  const meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: 'write', arguments: {}, _meta: meta };
  const answer = await fetch(gateway.url(name), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': version,
      'mcp-method': 'tools/call',
      'mcp-name': 'write',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method: 'tools/call', params }),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as object };
}

const WRITTEN = { result: { content: [{ text: 'written' }] } };
const AWAY = {
  error: { code: -32603, data: { 'io.countersign/consent': { status: 'upstream_unavailable' } } },
};

describe('client credentials', () => {
  test.each([
    ['secret', 'by-secret'],
    ['file', 'by-secret'],
    ['key', 'by-key'],
  ])('by %s: the upstream takes our token, which is for it alone', async (name, client) => {
    expect((await call(name)).body).toMatchObject(WRITTEN);
    expect(upstream.calls.at(-1)).toMatchObject({ client_id: client, aud: upstream.url, scope: 'mcp' });
  });

  test('are kept; where the upstream refuses them, fresh ones are asked for once by all who wait', async () => {
    await call('secret');
    const before = issuer.tokenRequests();
    await call('secret');
    expect(issuer.tokenRequests()).toBe(before);
    upstream.forgetTokens();
    const ran = upstream.calls.length;
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('secret')));
    for (const { body } of answers) expect(body).toMatchObject(WRITTEN);
    expect(issuer.tokenRequests()).toBe(before + 1);
    expect(upstream.calls).toHaveLength(ran + 8);
  });
});

describe('token exchange', () => {
  test('gives each agent a token of its own, by which the upstream can tell them apart', async () => {
    expect((await call('exchange')).body).toMatchObject(WRITTEN);
    const first = upstream.calls.at(-1);
    expect((await call('exchange', otherKey)).body).toMatchObject(WRITTEN);
    const second = upstream.calls.at(-1);
    expect(first).toMatchObject({ sub: expect.stringMatching(/^agt_/) as unknown, aud: upstream.url });
    expect(second).toMatchObject({ sub: expect.stringMatching(/^agt_/) as unknown });
    expect(second?.sub).not.toBe(first?.sub);
    const before = issuer.tokenRequests();
    await call('exchange');
    expect(upstream.calls.at(-1)?.sub).toBe(first?.sub);
    expect(issuer.tokenRequests()).toBe(before);
  });
});

describe('what cannot be had is not sent', () => {
  test.each([
    ['wrong', 'no token for it can be had now'],
    ['fixed', 'it refuses our credential'],
    ['none', 'it refuses our credential'],
  ])('%s: the agent is told, and not led to bring a credential of its own', async (name, why) => {
    const before = upstream.calls.length;
    const { status, headers, body } = await call(name);
    expect(status).toBe(200);
    expect(headers.get('www-authenticate')).toBeNull();
    expect(body).toMatchObject(AWAY);
    expect(JSON.stringify(body)).toContain(why);
    expect(JSON.stringify(body)).not.toContain('resource_metadata');
    expect(upstream.calls).toHaveLength(before);
  });

  test('an authorization server that is down', async () => {
    issuer.fail(true);
    expect((await call('late')).body).toMatchObject(AWAY);
    expect(gateway.running.complaints()).toContain(
      'no token for the mcp server: the authorization server answers 500',
    );
  });
});

test('no credential is said anywhere, and the agent’s own goes nowhere', () => {
  const told = gateway.running.complaints();
  expect(told).toContain('the authorization server answers 401');
  expect(told).toContain('the mcp server refuses our credential');
  for (const secret of [CLIENT_SECRET, 'guessed', 'eyJ', 'Bearer', gateway.agentKey])
    expect(told).not.toContain(secret);
  const sent = upstream.authorizations.join('\n');
  for (const key of [gateway.agentKey, otherKey]) expect(sent).not.toContain(key);
});
