import { afterAll, beforeAll, expect, test } from 'vitest';
import { addAgent, enrolFirst, park, writeCall } from '../authority/fixture.ts';
import { openApp, type TestApp } from './app.ts';

const ORIGIN = 'http://localhost:7300';

let site: TestApp;
beforeAll(async () => {
  site = await openApp();
});
afterAll(() => site.close());

const own = { headers: { origin: ORIGIN } };

test('an enrolment link is not spent by looking, nor by GET', async () => {
  const { url } = await site.opened.authority.enrolment.firstLink();
  const secret = new URL(url).hash.slice(1);
  // The secret is in the fragment: no request of a browser carries it.
  expect(url).toBe(`${ORIGIN}/enrol#${secret}`);
  for (const path of [
    '/enrol',
    `/enrol?${secret}`,
    '/console/api/enrolment/begin',
    '/console/api/enrolment/finish',
  ]) {
    await site.send('GET', path);
  }
  for (let time = 0; time < 2; time++) {
    const begun = await site.send('POST', '/console/api/enrolment/begin', {
      ...own,
      body: { secret, email: 'ann@example.com' },
    });
    expect(begun.status).toBe(200);
  }
  const wrong = await site.send('POST', '/console/api/enrolment/begin', {
    ...own,
    body: { secret: 'A'.repeat(43), email: 'ann@example.com' },
  });
  expect(wrong).toMatchObject({ status: 410, body: { code: 'link_spent' } });
});

test('every route but the open ones wants a session; every write wants our own origin', async () => {
  const open = new Set([
    'GET /console/api/session',
    'POST /console/api/enrolment/begin',
    'POST /console/api/enrolment/finish',
    'POST /console/api/sign-in/begin',
    'POST /console/api/sign-in/finish',
    'POST /console/api/sign-out',
  ]);
  const routes = site.app.routes.filter(
    ({ method, path }) => method !== 'ALL' && path.startsWith('/console/api/'),
  );
  expect(routes.length).toBeGreaterThan(15);
  for (const { method, path } of routes) {
    const at = path.replace(/:\w+/g, 'x');
    const body = method === 'POST' ? { body: {} } : {};
    if (method === 'POST') {
      expect(await site.send(method, at, body), at).toMatchObject({
        status: 403,
        body: { code: 'bad_origin' },
      });
      const foreign = { ...body, headers: { origin: 'https://evil.example' } };
      expect(await site.send(method, at, foreign), at).toMatchObject({ status: 403 });
    }
    if (open.has(`${method} ${path}`)) continue;
    expect(await site.send(method, at, { ...own, ...body }), at).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
  }
});

test('an agent’s key opens nothing of the console', async () => {
  const { agent, api_key, port } = await addAgent(site.opened);
  await enrolFirst(site.opened);
  await park(port, writeCall(agent));
  expect((await site.send('GET', '/console/api/requests', { key: api_key })).status).toBe(401);
});

test('pages cannot be framed, load nothing from elsewhere and are not kept', async () => {
  const { headers } = await site.send('GET', '/console/api/session');
  expect(headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cache-control')).toBe('no-store');
  // `no-referrer` would make browsers send `Origin: null` with our own writes.
  expect(headers.get('referrer-policy')).toBe('same-origin');
});

test('guessing is slowed down', async () => {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 70; attempt++) {
    const { status } = await site.send('POST', '/console/api/sign-in/finish', {
      ...own,
      body: { response: { id: 'x' } },
    });
    statuses.push(status);
  }
  expect(statuses.slice(0, 30)).not.toContain(429);
  expect(statuses.at(-1)).toBe(429);
});
