import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './fixture.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
  site.as.up = false;
});
afterAll(() => site.close());

test('an issuer that cannot be reached: nothing runs, the client is to come back, and the log has no token', async () => {
  const token = await site.token();
  for (let i = 0; i < 3; i++) {
    const got = await site.call('read', token);
    expect(got.status).toBe(503);
    expect(got.headers['retry-after']).toBe('5');
    // A challenge would send the client to that very issuer for another token.
    expect(got.headers).not.toHaveProperty('www-authenticate');
    expect(got.messages[0]).toEqual({
      type: 'urn:countersign:error:unavailable',
      title: 'the issuer of the token cannot be reached',
      status: 503,
      code: 'unavailable',
    });
  }
  expect(site.received).toEqual([]);
  const lines = site.logged.filter((line) => line.includes('cannot be verified'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 40,
    text: expect.stringContaining(`tokens of ${site.as.issuer} cannot be verified: `),
  });
  for (const part of token.split('.')) expect(site.logged.join('')).not.toContain(part);
});

test('an API key opens the door all the same', async () => {
  expect((await site.call('read', site.apiKey)).status).toBe(200);
});
