import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSite, type Site } from './fixture.ts';

// MCP 2026-07-28 §"Scope Challenge Handling": a challenge is for a token that is too narrow, and for nothing else.
let site: Site;
beforeAll(async () => {
  site = await openSite(
    {},
    {
      scopes: {
        all: ['notes'],
        tools: { write: ['notes:write', 'files'] },
        implies: { 'notes:admin': ['notes', 'notes:write', 'files'] },
      },
    },
  );
});
afterAll(() => site.close());

const metadata = (): string =>
  `${site.running.config.public_url}/.well-known/oauth-protected-resource/mcp/notes`;

test('the first challenge names what every request needs, the metadata all there are', async () => {
  const got = await site.call('write', '', { headers: { authorization: '' } });
  expect(got.status).toBe(401);
  expect(got.headers['www-authenticate']).toMatch(
    `Bearer scope="notes", resource_metadata="${metadata()}", DPoP scope="notes", `,
  );
  expect(
    await (await fetch(`${site.url}/.well-known/oauth-protected-resource/mcp/notes`)).json(),
  ).toMatchObject({
    scopes_supported: ['files', 'notes', 'notes:write'],
  });
});

describe('403 insufficient_scope', () => {
  test.each([
    ['tools/list', 'read', undefined, 'notes'],
    ['tools/call', 'read', 'other', 'notes'],
    // All that the operation needs, though some was granted.
    ['tools/call', 'write', 'notes', 'notes notes:write files'],
    ['tools/call', 'write', 'notes files', 'notes notes:write files'],
  ])('%s %s with %s needs %s', async (method, name, scope, needed) => {
    const before = site.received.length;
    const params = method === 'tools/call' ? { name, arguments: {} } : {};
    const got = await site.say(method, params, await site.token({ scope }));
    expect(got.status).toBe(403);
    expect(got.headers['www-authenticate']).toBe(
      `Bearer error="insufficient_scope", error_description="the token was not granted all that this needs", scope="${needed}", resource_metadata="${metadata()}"`,
    );
    expect(got.messages[0]).toMatchObject({ status: 403, code: 'insufficient_scope' });
    expect(site.received.length).toBe(before);
  });

  test('the stream of a session, too', async () => {
    const got = await site.sayLegacy(undefined, await site.token({ scope: 'other' }), { session: 's' });
    expect(got.status).toBe(403);
  });
});

describe('not 403', () => {
  test('a broader scope stands for narrower ones', async () => {
    expect((await site.call('read', await site.token({ scope: 'notes:admin' }))).status).toBe(200);
  });

  test('what a person must consent to stays a step-up, however wide the token', async () => {
    const token = await site.token({ scope: 'notes notes:write files' });
    const got = await site.call('write', token, {
      capabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } },
    });
    expect(got.status).toBe(200);
    expect(got.headers).not.toHaveProperty('www-authenticate');
    expect(got.messages[0]).toMatchObject({ result: { resultType: 'task', status: 'working' } });
  });

  test('what policy forbids is forbidden, and no scope is named', async () => {
    const token = await site.token({ client_id: 'weak-client', sub: 'weak-client', scope: 'notes' });
    const got = await site.call('read', token);
    expect(got.status).toBe(200);
    expect(got.messages[0]).toMatchObject({ result: { isError: true } });
  });

  test('an API key has no scopes', async () => {
    expect((await site.call('read', site.apiKey)).status).toBe(200);
  });
});
