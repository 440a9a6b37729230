import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { metadataAddresses } from '../../packages/server/src/access-token/discovery.ts';
import { TrustedIssuer, type Verified } from '../../packages/server/src/access-token/trusted-issuer.ts';
import { AuthorizationServer, newSigningKey } from './authorization-server.ts';

// What becomes of tokens when their issuer changes its keys, moves them, or does not answer.
let as: AuthorizationServer;
beforeEach(async () => {
  as = await AuthorizationServer.open();
});
afterEach(() => as.close());

const AUDIENCE = 'https://here.example/mcp/notes';
const NAMES = { typ: 'at+jwt', agents: [], people: {} } as const;
let now: number;
function trusted(more: { issuer?: string; jwks_uri?: string } = {}, coolDownMs = 0): TrustedIssuer {
  now = Date.now();
  return new TrustedIssuer({ issuer: as.issuer, ...NAMES, ...more }, { clock: () => now, coolDownMs });
}
const verify = async (issuer: TrustedIssuer, token?: string): Promise<Verified> =>
  await issuer.verify(token ?? (await as.token({ aud: AUDIENCE })), [AUDIENCE]);

test('its keys are found by its metadata, once, or where the config says', async () => {
  const issuer = trusted();
  for (let i = 0; i < 3; i++) expect(await verify(issuer)).toMatchObject({ kind: 'verified' });
  expect(as.fetched).toEqual(['/.well-known/oauth-authorization-server', '/keys']);
  as.fetched.length = 0;
  expect(await verify(trusted({ jwks_uri: `${as.issuer}/keys` }))).toMatchObject({ kind: 'verified' });
  expect(as.fetched).toEqual(['/keys']);
});

test('a new key is met by the first token that it signed; one that is withdrawn is good no longer', async () => {
  const issuer = trusted();
  const old = await as.token({ aud: AUDIENCE });
  expect(await verify(issuer, old)).toMatchObject({ kind: 'verified' });
  as.key = await newSigningKey('k2', 'RS256');
  as.published = [as.key.publicJwk];
  expect(await verify(issuer)).toMatchObject({ kind: 'verified' });
  expect(await verify(issuer, old)).toEqual({ kind: 'invalid', why: 'the signature cannot be verified' });
});

test('keys that nobody knows do not make us ask again and again', async () => {
  const issuer = trusted({}, 60_000);
  await verify(issuer);
  const before = as.fetched.length;
  for (const kid of ['a', 'b', 'c'])
    expect(await verify(issuer, await as.token({ aud: AUDIENCE }, { header: { kid } }))).toMatchObject({
      kind: 'invalid',
    });
  expect(as.fetched.length).toBe(before);
});

describe('one that does not answer: nothing is verified, and nothing is said of the token', () => {
  test('its tokens are good again when it does', async () => {
    const issuer = trusted();
    as.up = false;
    const token = await as.token({ aud: AUDIENCE });
    const away = await verify(issuer, token);
    expect(away.kind).toBe('unavailable');
    expect(JSON.stringify(away)).not.toContain(token.split('.')[1]);
    const asked = as.fetched.length;
    expect(await verify(issuer)).toMatchObject({ kind: 'unavailable' });
    expect(as.fetched.length).toBe(asked);
    as.up = true;
    now += 5000;
    expect(await verify(issuer)).toMatchObject({ kind: 'verified' });
  });

  test('what its known keys signed is good meanwhile, whoever brings what an unknown one signed', async () => {
    const issuer = trusted();
    expect(await verify(issuer)).toMatchObject({ kind: 'verified' });
    as.up = false;
    const forged = await as.token({ aud: AUDIENCE }, { header: { kid: 'k9' } });
    const [first, second] = [await verify(issuer, forged), await verify(issuer, forged)];
    expect([first, second]).toEqual([
      { kind: 'unavailable', why: expect.any(String) },
      { kind: 'unavailable' },
    ]);
    expect(await verify(issuer)).toMatchObject({ kind: 'verified' });
  });

  test('keys that are none are its fault', async () => {
    as.published = 'none' as never;
    expect(await verify(trusted())).toMatchObject({ kind: 'unavailable' });
  });
});

test('metadata of another issuer is not used (RFC 8414 §3.3)', async () => {
  const mirror = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ issuer: as.issuer, jwks_uri: `${as.issuer}/keys` }));
  });
  await new Promise<void>((listening) => mirror.listen(0, '127.0.0.1', listening));
  const issuer = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
  const token = await as.token({ aud: AUDIENCE, iss: issuer });
  expect(await verify(trusted({ issuer }), token)).toEqual({
    kind: 'unavailable',
    why: 'its metadata is of another issuer',
  });
  mirror.closeAllConnections();
  mirror.close();
});

test.each([
  ['https://a.example', ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']],
  [
    'https://a.example/t',
    [
      '/.well-known/oauth-authorization-server/t',
      '/.well-known/openid-configuration/t',
      '/t/.well-known/openid-configuration',
    ],
  ],
])('the metadata of %s is looked for in the order of MCP', (issuer, paths) => {
  expect(metadataAddresses(issuer)).toEqual(paths.map((path) => `https://a.example${path}`));
});
