import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './fixture.ts';

// A stream lasts no longer than the token that it was opened with.
let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const GRACEFUL = {
  jsonrpc: '2.0',
  id: 1,
  result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': 1 } },
};
const short = (): Promise<string> => site.token({ exp: Math.floor(Date.now() / 1000) + 2 });

test('the stream of a session ends with its token; the session goes on with the next', async () => {
  const token = await short();
  const params = { protocolVersion: '2025-11-25', capabilities: {} };
  const begun = await site.sayLegacy({ id: 0, method: 'initialize', params }, token);
  const session = String(begun.headers['mcp-session-id']);
  const got = await site.sayLegacy(undefined, token, { session });
  expect(got.status).toBe(200);
  expect(got.headers['content-type']).toBe('text/event-stream');
  const again = await site.sayLegacy({ id: 1, method: 'tools/list' }, await site.token(), { session });
  expect(again.status).toBe(200);
});

test('a subscription ends with its token, gracefully (MCP 2026-07-28 §"Graceful Closure")', async () => {
  const params = { notifications: { toolsListChanged: true } };
  // The upstream says nothing and never ends by itself.
  const got = await site.say('subscriptions/listen', params, await short());
  expect(got.status).toBe(200);
  expect(got.messages).toEqual([GRACEFUL]);
});

test('a subscription to our own tasks, too', async () => {
  const params = { notifications: { taskIds: ['tsk_none'] } };
  const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
  const got = await site.say('subscriptions/listen', params, await short(), { capabilities });
  expect(got.messages.at(-1)).toEqual(GRACEFUL);
});
