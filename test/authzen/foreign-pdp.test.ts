import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createLocalJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
} from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalHash, type JsonObject } from '@countersign/core';
import { addAgent, enrolFirst, vote } from '../authority/fixture.ts';
import { openApp, type TestApp } from '../http/app.ts';

// ARAP where the request service is another than the PDP: a denial of some other PDP is brought here, by the token that
// it signed, and what people granted goes back to it, by the state that this authority signs.
const HERE = 'http://localhost:7300';

let jwks: Server;
let keys: JSONWebKeySet;
let asked: number;
let issuer: string;
let privateKey: CryptoKey;
let site: TestApp;
let ann: Awaited<ReturnType<typeof enrolFirst>>;
let pep: string;

beforeEach(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  privateKey = pair.privateKey;
  keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'pdp-1', alg: 'ES256' }] };
  asked = 0;
  jwks = createServer((_request, response) => {
    asked++;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(keys));
  });
  await new Promise<void>((listening) => jwks.listen(0, '127.0.0.1', listening));
  issuer = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}`;
  site = await openApp({ pdps: [{ issuer, jwks_uri: `${issuer}/jwks.json` }] });
  ann = await enrolFirst(site.opened);
  const { agent } = await addAgent(site.opened, 'worker');
  const added = await site.opened.authority.registry.addPep({ name: 'pep', agents: [agent.id] });
  pep = added.api_key;
});
afterEach(async () => {
  await site.close();
  jwks.closeAllConnections();
  jwks.close();
});

const TUPLE = {
  subject: { type: 'user', id: 'ann@other.example', properties: { team: 'sales' } },
  resource: { type: 'report', id: 'q3' },
  action: { name: 'export' },
};
const CONTEXT = { purpose: 'audit', ip: '192.0.2.1' };
const until = (minutes: number) => new Date(site.opened.time.now + minutes * 60_000).toISOString();

/** A token as another PDP makes one; only `purpose` of the context matters to it. */
async function token(
  claims: Readonly<Record<string, unknown>> = {},
  sign = privateKey,
  kid = 'pdp-1',
): Promise<string> {
  const now = Math.floor(site.opened.time.now / 1000);
  const inline = { ...TUPLE, context: { purpose: 'audit' } };
  return await new SignJWT({
    iss: issuer,
    aud: HERE,
    iat: now,
    exp: now + 600,
    jti: 'token-1',
    denial_expires_at: until(10),
    binding_context_members: ['purpose'],
    ...inline,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(sign);
}
const submit = (binding_token: string, change: object = {}, key = pep) =>
  site.send('POST', '/access/v1/requests', {
    key,
    body: { ...TUPLE, context: CONTEXT, denial: { binding_token, expires_at: until(10) }, ...change },
  });
const read = async (id: string) => (await site.send('GET', `/access/v1/requests/${id}`, { key: pep })).body;

it('puts its denial to people here, and answers with proof of what they granted, for that PDP alone', async () => {
  const filed = await submit(await token());
  expect(filed.status, filed.text).toBe(202);
  const { id } = filed.body['task'] as { id: string };
  await vote(site.opened, ann, id);
  const { result } = (await read(id)) as never as { result: { approval: JsonObject & { state: string } } };
  const own = createLocalJWKSet((await site.send('GET', '/.well-known/jwks.json')).body as never);
  const { payload } = await jwtVerify(result.approval.state, own, {
    issuer: HERE,
    audience: issuer,
    currentDate: new Date(site.opened.time.now),
  });
  expect(payload).toMatchObject({
    denial_jti: 'token-1',
    client_id: expect.stringMatching(/^pep_/),
    approval_id: result.approval['id'],
    task_id: id,
    approved_until: result.approval['approved_until'],
    binding_context_members: ['purpose'],
    ...TUPLE,
    context: { purpose: 'audit' },
  });
});

it('takes the hashed form', async () => {
  const binding_hash = canonicalHash({ ...TUPLE, context: { purpose: 'audit' } });
  const hashed = {
    binding_hash,
    subject: undefined,
    resource: undefined,
    action: undefined,
    context: undefined,
  };
  expect((await submit(await token(hashed))).status).toBe(202);
  expect((await submit(await token({ ...hashed, jti: 't2' }), { action: { name: 'read' } })).status).toBe(
    400,
  );
});

const text = readFileSync(join(import.meta.dirname, 'binding/binding-hash.json'), 'utf8');
const { vectors } = JSON.parse(text) as {
  vectors: {
    id: string;
    request: Record<string, unknown>;
    binding_context_members: string[];
    binding_hash: string;
    refused?: true;
  }[];
};
it.each(vectors)('§"Binding Token Integrity", vector $id', async (vector) => {
  const { request, binding_context_members, binding_hash, refused } = vector;
  const none = { subject: undefined, resource: undefined, action: undefined, context: undefined };
  const signed = await token({ ...none, binding_context_members, binding_hash });
  const bring = (change: object = {}) =>
    site.send('POST', '/access/v1/requests', {
      key: pep,
      body: { ...request, denial: { binding_token: signed, expires_at: until(10) }, ...change },
    });
  const { status, body } = await bring();
  expect([status, body['code']]).toEqual(refused === true ? [400, 'invalid_json'] : [202, undefined]);
  if (refused === true) return;
  const other = await bring({ subject: { type: 'user', id: 'somebody else' } });
  expect([other.status, other.body['code']]).toEqual([400, 'invalid_denial_binding']);
});

describe('a token of a whole bundle', () => {
  const items = ['q3', 'q4'].map((id) => ({ resource: { type: 'report', id }, action: TUPLE.action }));
  const { subject } = TUPLE;
  const bound = { subject, items, context: { purpose: 'audit' } };
  const none = { resource: undefined, action: undefined };
  const bring = (binding_token: string, change: object = {}, key = pep) =>
    site.send('POST', '/access/v1/requests', {
      key,
      body: { subject, items, context: CONTEXT, denial: { binding_token, expires_at: until(10) }, ...change },
    });

  it.each<[string, object]>([
    ['inline', bound],
    ['hashed', { subject: undefined, context: undefined, binding_hash: canonicalHash(bound) }],
  ])(
    'covers each of its items, %s, and each is put to people and answered by itself',
    async (_form, claims) => {
      const once = await token({ ...none, ...claims });
      const filed = await bring(once);
      expect(filed.status, filed.text).toBe(202);
      const { id } = filed.body['task'] as { id: string };
      const [, second] = (await site.opened.authority.desk.list({ open: true })).requests.toSorted((a, b) =>
        a.resource < b.resource ? -1 : 1,
      );
      await vote(site.opened, ann, second?.id ?? '');
      const task = (await read(id))['task'] as {
        items: { status: string; result?: { approval: { state: string } } }[];
      };
      expect(task.items.map(({ status }) => status)).toEqual(['pending', 'approved']);
      expect(decodeJwt(task.items[1]?.result?.approval.state ?? '')).toMatchObject({
        aud: issuer,
        denial_jti: 'token-1#1',
        ...items[1],
        context: { purpose: 'audit' },
      });
      // Brought again it asks nobody again, and to another credential it is nothing.
      await bring(once);
      expect((await site.opened.authority.desk.list({ open: true })).requests).toHaveLength(1);
      const other = await site.opened.authority.registry.addPep({ name: 'other', agents: ['worker'] });
      expect((await bring(once, {}, other.api_key)).status).toBe(400);
    },
  );

  it.each<[string, object]>([
    ['other order', { items: items.toReversed() }],
    ['fewer', { items: items.slice(1) }],
    ['more', { items: [...items, ...items] }],
    ['another subject', { subject: { type: 'user', id: 'eve' } }],
    ['another context, where it matters', { context: { ...CONTEXT, purpose: 'fun' } }],
    [
      'one with a denial of its own',
      { items: [items[0], { ...items[1], resource: { type: 'r', id: 'x' } }] },
    ],
  ])('"MUST cover … every Resource and Action in `items`": refuses %s', async (_what, change) => {
    const answer = await bring(await token({ ...none, ...bound }), change);
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_denial_binding']);
    expect((await site.opened.authority.desk.list({ open: true })).requests).toEqual([]);
  });

  it('one of a single action covers no bundle but one of that action alone', async () => {
    expect((await bring(await token())).status).toBe(400);
    expect((await bring(await token(), { items: items.slice(0, 1) })).status).toBe(202);
  });
});

it('files one request for one token: brought again it is the same task, and nothing to another credential', async () => {
  const once = await token();
  const first = await submit(once);
  const { id } = first.body['task'] as { id: string };
  await vote(site.opened, ann, id, 'deny');
  const again = await submit(once);
  // The same action was denied a moment ago, and nobody is asked again.
  expect(again.status).toBe(400);
  site.opened.time.now += 60_000;
  const other = await site.opened.authority.registry.addPep({ name: 'other', agents: ['worker'] });
  const tuple = { ...TUPLE, resource: { type: 'report', id: 'q4' } };
  const fresh = await token({ jti: 't3', ...tuple, denial_expires_at: until(10) });
  const mine = await submit(fresh, tuple);
  expect(mine.status).toBe(202);
  expect((await submit(fresh, tuple)).body['task']).toMatchObject({
    id: (mine.body['task'] as { id: string }).id,
  });
  expect((await submit(fresh, tuple, other.api_key)).status).toBe(400);
});

it.each<[string, () => Promise<string>, object?]>([
  ['another subject', () => token(), { subject: { ...TUPLE.subject, id: 'eve' } }],
  ['other properties', () => token(), { subject: { ...TUPLE.subject, properties: {} } }],
  ['another resource', () => token(), { resource: { type: 'report', id: 'q4' } }],
  ['another context, where it matters', () => token(), { context: { ...CONTEXT, purpose: 'fun' } }],
  ['a context that is left out', () => token(), { context: {} }],
  ['another audience', () => token({ aud: 'https://elsewhere.example' })],
  ['an issuer that nobody named', () => token({ iss: 'https://elsewhere.example' })],
  ['our own name as the issuer', () => token({ iss: HERE })],
  ['another expiry than the one protected', () => token({ denial_expires_at: until(60) })],
  [
    'an expiry that nothing protects',
    () => token({ denial_expires_at: undefined, exp: Math.floor(site.opened.time.now / 1000) + 3600 }),
  ],
  ['no jti', () => token({ jti: undefined })],
  ['a key that is not published', async () => token({}, (await generateKeyPair('ES256')).privateKey)],
])('refuses %s', async (_what, make, change = {}) => {
  const answer = await submit(await make(), change);
  expect(answer.status, answer.text).toBe(400);
  expect(answer.body['type']).toContain('invalid_denial_binding');
});

it('accepts what does not matter to it: a context that is not bound', async () => {
  expect((await submit(await token(), { context: { ...CONTEXT, ip: '198.51.100.7' } })).status).toBe(202);
});

it('refuses what is too old', async () => {
  const old = await token();
  site.opened.time.now += 11 * 60_000;
  const answer = await submit(old, { denial: { binding_token: old, expires_at: until(-1) } });
  expect([answer.status, answer.body['code']]).toEqual([410, 'expired_denial']);
});

it('asks nobody where its own policies do not', async () => {
  site.opened.pdp.kind = 'forbid';
  const answer = await submit(await token());
  expect([answer.status, answer.body['code']]).toEqual([400, 'not_requestable']);
});

it('fetches keys once, and says so when they cannot be had', async () => {
  await submit(await token());
  await submit(await token({ jti: 't2' }));
  expect(asked).toBe(1);
  const down = await openApp({ pdps: [{ issuer, jwks_uri: 'http://127.0.0.1:9/jwks.json' }] });
  const { agent } = await addAgent(down.opened, 'worker');
  const { api_key } = await down.opened.authority.registry.addPep({ name: 'pep', agents: [agent.id] });
  const body = {
    ...TUPLE,
    context: CONTEXT,
    denial: { binding_token: await token(), expires_at: until(10) },
  };
  const answer = await down.send('POST', '/access/v1/requests', { key: api_key, body });
  expect([answer.status, answer.body['code']]).toEqual([503, 'unavailable']);
  await down.close();
});
