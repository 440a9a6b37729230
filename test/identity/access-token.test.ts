import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64url, exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { newSigningKey } from './authorization-server.ts';
import { openSite, type Site } from './fixture.ts';

// RFC 9068 §4, RFC 6750 §3, RFC 9728, MCP 2026-07-28 authorization: an agent by a token of a configured issuer.
let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const now = (): number => Math.floor(Date.now() / 1000);
const metadata = (): string =>
  `${site.running.config.public_url}/.well-known/oauth-protected-resource/mcp/notes`;
const algs = 'ES256 ES384 ES512 EdDSA Ed25519 PS256 PS384 PS512 RS256 RS384 RS512';

describe('a good token', () => {
  test('is its agent, and nothing of it reaches the upstream', async () => {
    const token = await site.token();
    const got = await site.call('read', token, { headers: { dpop: 'x', cookie: `t=${token}` } });
    expect(got.status, got.text).toBe(200);
    expect(got.messages[0]).toMatchObject({ result: { content: [{ text: 'done' }] } });
    const sent = site.received.filter(({ body }) => body.method === 'tools/call').at(-1);
    expect(sent?.headers.authorization).toBe('Bearer ours');
    expect(JSON.stringify(site.received)).not.toContain(token.split('.')[1]);
    expect(site.received.some(({ headers }) => 'dpop' in headers || 'cookie' in headers)).toBe(false);
  });

  test('for the whole gateway is for each of its servers; for one server it is for that one alone', async () => {
    const whole = await site.token({
      aud: [`${site.running.config.public_url}/mcp`, 'https://else.example'],
    });
    for (const path of ['/mcp/notes', '/mcp/other'])
      expect((await site.call('read', whole, { path })).status).toBe(200);
    expect((await site.call('read', await site.token(), { path: '/mcp/other' })).status).toBe(401);
  });

  test('what a client says of itself changes nothing', async () => {
    const token = await site.token();
    const before = site.received.length;
    await site.say('tools/list', { clientInfo: { name: 'orchestrator', version: '1' } }, token);
    const got = await site.call('read', await site.token({ client_id: 'weak-client', sub: 'weak-client' }));
    expect(got.messages[0]).toMatchObject({ result: { isError: true } });
    expect(site.received.slice(before).some(({ body }) => body.method === 'tools/call')).toBe(false);
  });

  test('and an API key open the same door; two of a kind are one agent', async () => {
    expect((await site.call('read', site.apiKey)).status).toBe(200);
  });
});

describe('no token', () => {
  test('401 that says where tokens come from', async () => {
    const got = await site.call('read', '', { headers: { authorization: '' } });
    expect(got.status).toBe(401);
    expect(got.headers['www-authenticate']).toBe(
      `Bearer resource_metadata="${metadata()}", DPoP resource_metadata="${metadata()}", algs="${algs}"`,
    );
    expect(got.messages[0]).toEqual({
      type: 'urn:countersign:error:unauthenticated',
      title: 'send an access token, or an agent’s api key, as Authorization: Bearer',
      status: 401,
      code: 'unauthenticated',
    });
  });

  test('RFC 9728 §3.1: its metadata is at the well-known name before its path', async () => {
    const got = await fetch(metadata().replace('localhost', '127.0.0.1'));
    expect(got.status).toBe(200);
    expect(got.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await got.json()).toEqual({
      resource: site.resource,
      authorization_servers: [site.as.issuer],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: algs.split(' '),
      dpop_bound_access_tokens_required: false,
    });
    for (const path of ['/mcp/nothing', '', '/else'])
      expect((await fetch(`${site.url}/.well-known/oauth-protected-resource${path}`)).status).toBe(404);
  });
});

describe('a bad token: 401 invalid_token, what is wrong with it, and nothing runs', () => {
  const mallory = newSigningKey('k1');
  test.each<[string, string, () => Promise<string>]>([
    ['expired', 'the token has expired', () => site.token({ exp: now() - 31 })],
    ['not valid yet', 'the token is not valid yet', () => site.token({ nbf: now() + 60 })],
    ['from the future', 'the token is from the future', () => site.token({ iat: now() + 60 })],
    [
      'for another server',
      'the token is for another audience',
      () => site.token({ aud: 'https://else.example' }),
    ],
    [
      'for an address like ours',
      'the token is for another audience',
      () => site.token({ aud: `${site.resource}/` }),
    ],
    ['for nobody', 'the token has no aud', () => site.token({ aud: undefined })],
    ['without an end', 'the token has no exp', () => site.token({ exp: undefined })],
    ['without a subject', 'the token has no sub', () => site.token({ sub: undefined })],
    ['without a client', 'the token has no client_id', () => site.token({ client_id: undefined })],
    [
      'of an issuer that nobody configured',
      'the token is of no issuer that is known here',
      () => site.token({ iss: 'https://else.example' }),
    ],
    ['of no issuer', 'the token is of no issuer that is known here', () => site.token({ iss: undefined })],
    [
      'an ID token',
      'the token is no access token by its typ',
      () => site.token({}, { header: { typ: 'JWT' } }),
    ],
    [
      'signed by another under the name of the key',
      'the signature cannot be verified',
      async () => site.token({}, { key: await mallory }),
    ],
    [
      'signed with a key that it brings itself',
      'the signature cannot be verified',
      async () => site.token({}, { key: await mallory, header: { jwk: (await mallory).publicJwk } }),
    ],
    [
      'of a key that nobody knows',
      'the signature cannot be verified',
      () => site.token({}, { header: { kid: 'k9' } }),
    ],
    [
      'unsigned',
      'the algorithm is not allowed',
      async () =>
        new UnsecuredJWT({ client_id: 'worker-client', sub: 'x' })
          .setIssuer(site.as.issuer)
          .setAudience(site.resource)
          .setExpirationTime('5m')
          .encode() + 'x',
    ],
    [
      'signed with the public key as a shared secret (alg confusion)',
      'the algorithm is not allowed',
      async () => {
        const publicKey = (await importJWK(site.as.key.publicJwk)) as CryptoKey;
        return await new SignJWT({ client_id: 'worker-client' })
          .setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'at+jwt' })
          .setIssuer(site.as.issuer)
          .setSubject('worker-client')
          .setAudience(site.resource)
          .setExpirationTime('5m')
          .sign(new TextEncoder().encode(await exportSPKI(publicKey)));
      },
    ],
    ['cut', 'the token cannot be read', async () => (await site.token()).split('.').slice(0, 2).join('.')],
    ['of garbage', 'the token cannot be read', async () => `${base64url.encode('{')}.bm8.bm8`],
    ['with an actor that is none', 'the act claim of the token is malformed', () => site.token({ act: 'x' })],
    [
      'with an actor without a subject',
      'the act claim of the token is malformed',
      () => site.token({ act: { sub: 'worker-sub', act: { client_id: 'x' } } }),
    ],
    [
      'with a chain that is too long',
      'the delegation chain of the token is too long',
      () =>
        site.token({
          act: Array.from({ length: 8 }).reduce((act) => ({ sub: 'worker-sub', act }), undefined),
        }),
    ],
    [
      'that vouches for an agent of another issuer',
      'the token has an actor of another issuer',
      () => site.token({ act: { iss: 'https://else.example', sub: 'worker-sub' } }),
    ],
    [
      'that names two agents that act',
      'the client and the actor of the token are two agents',
      () => site.token({ act: { sub: 'orchestrator-sub' } }),
    ],
    [
      'whose subject is called like an agent of ours',
      'the token names a subject like an agent of ours',
      () => site.token({ sub: site.agents['orchestrator'] }),
    ],
  ])('%s', async (_name, description, make) => {
    const before = site.received.length;
    const token = await make();
    const got = await site.call('read', token);
    expect(got.status).toBe(401);
    expect(got.headers['www-authenticate']).toBe(
      `Bearer error="invalid_token", error_description="${description}", resource_metadata="${metadata()}", DPoP resource_metadata="${metadata()}", algs="${algs}"`,
    );
    expect(got.messages[0]).toEqual({
      type: 'urn:countersign:error:invalid_token',
      title: description,
      status: 401,
      code: 'invalid_token',
    });
    expect(site.received.length).toBe(before);
    expect(site.logged.join('')).not.toContain(token.split('.')[1]);
  });

  test('an API key that nobody has', async () => {
    const got = await site.call('read', 'cs_agent_nobody');
    expect(got.status).toBe(401);
    expect(got.headers['www-authenticate']).toContain('Bearer error="invalid_token"');
  });
});

describe('a good token of nobody that is enrolled: 403 without a challenge, since no other token would help', () => {
  test.each([
    ['a client that nobody mapped', { client_id: 'stranger', sub: 'stranger' }],
    ['a user whose client nobody mapped', { client_id: 'stranger', sub: 'u-alice' }],
    ['an actor that nobody mapped', { act: { sub: 'stranger' } }],
    ['an agent that the config names and nobody added', { client_id: 'ghost-client', sub: 'ghost-client' }],
    ['a client called like a member of every object', { client_id: 'constructor', sub: '__proto__' }],
  ])('%s', async (_name, claims) => {
    const agents = await site.running.authority.registry.agents();
    const got = await site.call('read', await site.token(claims));
    expect(got.status).toBe(403);
    expect(got.headers).not.toHaveProperty('www-authenticate');
    expect(got.messages[0]).toMatchObject({ code: 'not_an_agent' });
    expect(await site.running.authority.registry.agents()).toEqual(agents);
  });
});

test('a suspended agent is refused by its token as by its key', async () => {
  const { registry } = site.running.authority;
  await registry.setAgentStatus('weak', 'suspended');
  const got = await site.say('ping', {}, await site.token({ client_id: 'weak-client', sub: 'weak-client' }));
  expect(got.status).toBe(403);
  expect(got.messages[0]).toMatchObject({ code: 'agent_inactive' });
  await registry.setAgentStatus('weak', 'active');
});
