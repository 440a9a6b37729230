import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { newSigningKey, type SigningKey } from './authorization-server.ts';
import { openSite, proofOf, type Site } from './fixture.ts';

// RFC 9449 §4.3, §7: a token that is bound to a key is good with a proof of that key alone.
let site: Site;
let key: SigningKey;
let token: string;
beforeAll(async () => {
  site = await openSite();
  key = await newSigningKey('client');
  token = await site.token({ cnf: { jkt: await calculateJwkThumbprint(key.publicJwk) } });
});
afterAll(() => site.close());

const now = (): number => Math.floor(Date.now() / 1000);
const proof = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key) =>
  proofOf(by, token, site.resource, claims, header);

test('a proof is good once', async () => {
  const once = await proof();
  expect((await site.call('read', token, { scheme: 'DPoP', proof: once })).status).toBe(200);
  const again = await site.call('read', token, { scheme: 'DPoP', proof: once });
  expect(again.status).toBe(401);
  expect(again.headers['www-authenticate']).toContain('the proof was used already');
  expect((await site.call('read', token, { scheme: 'DPoP', proof: await proof() })).status).toBe(200);
});

test('of many that bring one proof at the same time one gets through', async () => {
  const once = await proof();
  const got = await Promise.all(
    Array.from({ length: 8 }, () => site.call('read', token, { scheme: 'DPoP', proof: once })),
  );
  expect(got.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('the query is no part of the address, and the scheme is in any case', async () => {
  const got = await site.call('read', token, {
    scheme: 'dpop',
    path: '/mcp/notes?x=1',
    proof: await proof({ htu: `${site.resource}?y=2#z` }),
  });
  expect(got.status).toBe(200);
});

describe('401 invalid_dpop_proof', () => {
  const other = newSigningKey('other');
  test.each<[string, string, () => Promise<string | undefined>]>([
    ['none', 'the proof is missing', async () => undefined],
    ['garbage', 'the proof cannot be verified', async () => 'x'],
    ['two', 'the proof cannot be verified', async () => `${await proof()}, ${await proof()}`],
    [
      'of another key',
      'the proof is by another key than the token is bound to',
      async () => proof({}, {}, await other),
    ],
    [
      'of another key under the name of the right one',
      'the proof cannot be verified',
      async () => proof({}, { jwk: key.publicJwk }, await other),
    ],
    ['for another method', 'the proof is for another method', () => proof({ htm: 'GET' })],
    ['for another address', 'the proof is for another address', () => proof({ htu: `${site.resource}/x` })],
    [
      'for another host',
      'the proof is for another address',
      () => proof({ htu: 'http://127.0.0.1/mcp/notes' }),
    ],
    ['for another token', 'the proof is for another token', () => proof({ ath: 'x'.repeat(43) })],
    ['old', 'the proof is not of now', () => proof({ iat: now() - 120 })],
    ['of before this process', 'the proof is not of now', () => proof({ iat: now() - 60 })],
    ['from the future', 'the proof is not of now', () => proof({ iat: now() + 60 })],
    ['without a name', 'the proof cannot be verified', () => proof({ jti: undefined })],
    ['with an empty name', 'the jti of the proof is malformed', () => proof({ jti: '' })],
    ['without the token', 'the proof cannot be verified', () => proof({ ath: undefined })],
    ['of another kind', 'the proof cannot be verified', () => proof({}, { typ: 'JWT' })],
    [
      'that brings its private key',
      'the proof cannot be verified',
      async () => proof({}, { jwk: await exportJWK(key.privateKey) }),
    ],
  ])('%s', async (_name, description, make) => {
    const before = site.received.length;
    const made = await make();
    const got = await site.call('read', token, {
      scheme: 'DPoP',
      ...(made === undefined ? {} : { proof: made }),
    });
    expect(got.status).toBe(401);
    expect(got.messages[0]).toMatchObject({ code: 'invalid_dpop_proof', title: description });
    const metadata = `resource_metadata="${site.running.config.public_url}/.well-known/oauth-protected-resource/mcp/notes"`;
    expect(got.headers['www-authenticate']).toMatch(/^Bearer resource_metadata=/);
    expect(got.headers['www-authenticate']).toContain(
      `DPoP error="invalid_dpop_proof", error_description="${description}", ${metadata}, algs="ES256 `,
    );
    expect(site.received.length).toBe(before);
  });
});

describe('401 invalid_token', () => {
  test.each<[string, string, string, () => Promise<string>]>([
    [
      'a bound token as Bearer',
      'Bearer',
      'the token is bound to a key: send it as DPoP, with a proof',
      async () => token,
    ],
    [
      'a token that is not bound as DPoP',
      'DPoP',
      'the token is bound to no key: send it as Bearer',
      () => site.token(),
    ],
    [
      'a token bound to a certificate (RFC 8705)',
      'Bearer',
      'the token is bound in a way that is not known here',
      () => site.token({ cnf: { 'x5t#S256': 'x' } }),
    ],
    [
      'a token bound to both',
      'DPoP',
      'the token is bound in a way that is not known here',
      async () => site.token({ cnf: { jkt: await calculateJwkThumbprint(key.publicJwk), 'x5t#S256': 'x' } }),
    ],
    [
      'a token bound to nothing that can be read',
      'Bearer',
      'the token is bound in a way that is not known here',
      () => site.token({ cnf: null }),
    ],
  ])('%s', async (_name, scheme, description, make) => {
    const given = await make();
    const got = await site.call('read', given, { scheme, proof: await proofOf(key, given, site.resource) });
    expect(got.status).toBe(401);
    expect(got.messages[0]).toMatchObject({ code: 'invalid_token', title: description });
    expect(got.headers['www-authenticate']).toContain(
      `error="invalid_token", error_description="${description}"`,
    );
  });
});
