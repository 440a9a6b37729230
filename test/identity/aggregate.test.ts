import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './fixture.ts';

// The one address of all upstreams takes tokens for the gateway, and goes around nothing that an upstream's own asks for.
let site: Site;
beforeAll(async () => {
  site = await openSite({}, { scopes: { all: ['notes'], tools: { write: ['notes:write'] } } });
});
afterAll(() => site.close());

const ALL = { path: '/mcp' };
const gateway = (claims: object = {}): Promise<string> =>
  site.token({ aud: site.resource.replace(/\/notes$/, ''), scope: 'notes', ...claims });
const metadata = (): string => `${site.running.config.public_url}/.well-known/oauth-protected-resource/mcp`;

test('a token for one upstream is not for all of them', async () => {
  const got = await site.say('tools/list', {}, await site.token({ scope: 'notes' }), ALL);
  expect(got.status).toBe(401);
  expect(got.headers['www-authenticate']).toContain(`resource_metadata="${metadata()}"`);
  expect((await site.say('tools/list', {}, await gateway(), ALL)).status).toBe(200);
});

test('a tool takes the scopes that it takes at its upstream’s own address', async () => {
  const before = site.received.length;
  const params = { name: 'notes__write', arguments: {} };
  const got = await site.say('tools/call', params, await gateway(), ALL);
  expect(got.status).toBe(403);
  expect(got.headers['www-authenticate']).toBe(
    `Bearer error="insufficient_scope", error_description="the token was not granted all that this needs", scope="notes notes:write", resource_metadata="${metadata()}"`,
  );
  expect(site.received.slice(before).filter(({ body }) => body.method === 'tools/call')).toEqual([]);
  const read = await site.say('tools/call', { ...params, name: 'notes__read' }, await gateway(), ALL);
  expect(read.messages.at(-1)).toMatchObject({ result: { resultType: 'complete' } });
});

test('a subscription to all of them ends with its token', async () => {
  const token = await gateway({ exp: Math.floor(Date.now() / 1000) + 2 });
  const params = { notifications: { toolsListChanged: true } };
  const got = await site.say('subscriptions/listen', params, token, ALL);
  expect(got.messages.at(-1)).toMatchObject({ id: 1, result: { resultType: 'complete' } });
});
