import { afterEach, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../packages/server/src/config/limits.ts';
import { addAgent, park, writeCall } from '../authority/fixture.ts';
import { openApp, type Answer, type TestApp } from './app.ts';

let site: TestApp;
let bot: Awaited<ReturnType<typeof addAgent>>;
const open = async (limits: Partial<typeof DEFAULT_LIMITS>): Promise<void> => {
  site = await openApp({ limits: { ...DEFAULT_LIMITS, ...limits } });
  bot = await addAgent(site.opened);
};
afterEach(() => site.close());

const credential = (key: string): Promise<Answer> => site.send('GET', '/access/v1/credential', { key });

test('an agent’s own key asks the api no faster than it may; another’s and an enforcement point’s are not held to it', async () => {
  await open({ rate_per_agent: 1 });
  const statuses: number[] = [];
  for (let n = 0; n < 30; n++) statuses.push((await credential(bot.api_key)).status);
  expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(statuses).toContain(429);
  const refused = await credential(bot.api_key);
  expect(refused).toMatchObject({ status: 429, body: { code: 'too_fast' } });
  expect(refused.headers.get('retry-after')).toBe('1');
  const eve = await addAgent(site.opened, 'eve', 'other@example.com');
  expect((await credential(eve.api_key)).status).toBe(200);
  const { api_key } = await site.opened.authority.registry.addPep({ name: 'pep', agents: null });
  for (let n = 0; n < 30; n++) expect((await credential(api_key)).status).toBe(200);
});

test('it waits for so many answers at once; one that ends makes room', async () => {
  await open({ calls_per_agent: 2 });
  const port = site.opened.authority.consent({ kind: 'agent', agent: bot.agent });
  const id = await park(port, writeCall(bot.agent));
  const wait = (): Promise<Answer> =>
    site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key, headers: { prefer: 'wait=30' } });
  const waiting = [wait(), wait()];
  await expect.poll(async () => (await credential(bot.api_key)).status, { timeout: 20_000 }).toBe(429);
  await port.cancel(id);
  for (const answer of waiting)
    expect(await answer).toMatchObject({ status: 200, body: { task: { status: 'cancelled' } } });
  expect((await credential(bot.api_key)).status).toBe(200);
});
