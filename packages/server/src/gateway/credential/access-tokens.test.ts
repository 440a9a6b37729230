import { beforeEach, expect, test } from 'vitest';
import { UpstreamAway } from '../upstream-away.ts';
import { AccessTokens, type IssuedToken } from './access-tokens.ts';

let now: number;
let fetched: string[];
let complaints: string[];
let next: () => Promise<IssuedToken>;
let tokens: AccessTokens;
beforeEach(() => {
  now = 1_000_000;
  fetched = [];
  complaints = [];
  next = async () => ({ value: `token-${fetched.length}`, lifetimeMs: 600_000 });
  tokens = new AccessTokens({
    headers: { 'x-tenant': 't' },
    keyOf: (agentId) => agentId,
    fetch: (agentId) => {
      fetched.push(agentId);
      return next();
    },
    complain: (text) => void complaints.push(text),
    clock: () => now,
  });
});

const bearer = async (agent = 'agt_a'): Promise<string | undefined> =>
  (await tokens.headers(agent))['authorization'];

test('one is fetched for all who wait, with what goes beside it, and another for another agent', async () => {
  const all = await Promise.all([tokens.headers('agt_a'), tokens.headers('agt_a'), tokens.headers('agt_b')]);
  expect(all[0]).toEqual({ 'x-tenant': 't', authorization: 'Bearer token-1' });
  expect(all[1]).toEqual(all[0]);
  expect(fetched).toEqual(['agt_a', 'agt_b']);
});

test.each([
  [600_000, 569_999, 570_000],
  [10_000, 8999, 9000],
  [undefined, 269_999, 270_000],
])('one that lives %s ms is good for %s and is replaced after %s', async (lifetimeMs, good, over) => {
  next = async () => ({ value: `token-${fetched.length}`, lifetimeMs });
  expect(await bearer()).toBe('Bearer token-1');
  now += good;
  expect(await bearer()).toBe('Bearer token-1');
  now += over - good;
  expect(await bearer()).toBe('Bearer token-2');
});

test('a failure is said once, holds for two seconds, and sends nothing', async () => {
  next = async () => {
    throw new Error('the authorization server answers 500');
  };
  for (let n = 0; n < 3; n++) await expect(tokens.headers('agt_a')).rejects.toThrow(UpstreamAway);
  expect(complaints).toEqual(['no token for the mcp server: the authorization server answers 500']);
  next = async () => ({ value: 'good', lifetimeMs: 1000 });
  now += 2000;
  expect(await bearer()).toBe('Bearer good');
});

test('one that is refused is replaced once; a replacement that is refused at once is not at fault', async () => {
  const first = await tokens.headers('agt_a');
  expect(tokens.rejected('agt_a', first)).toBe(true);
  // Everybody who was refused with the old one.
  expect(tokens.rejected('agt_a', first)).toBe(true);
  const second = await tokens.headers('agt_a');
  expect(second).not.toEqual(first);
  expect(tokens.rejected('agt_a', first)).toBe(true);
  expect(tokens.rejected('agt_a', second)).toBe(false);
  expect(await tokens.headers('agt_a')).toEqual(second);
  now += 10_000;
  expect(tokens.rejected('agt_a', second)).toBe(true);
  expect(await bearer()).toBe('Bearer token-3');
  expect(fetched).toHaveLength(3);
});
