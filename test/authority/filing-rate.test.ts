import { denialReference, type BundleTask, type Denial } from '@countersign/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultConfig } from '../../packages/server/src/config/load-config.ts';
import { addAgent, openTestAuthority, park, writeCall, type Opened } from './fixture.ts';

const MOST = 5;
const MINUTE = 60_000;

let opened: Opened;
let bot: Awaited<ReturnType<typeof addAgent>>;
beforeEach(async () => {
  const { limits } = defaultConfig();
  opened = await openTestAuthority({ limits: { ...limits, access_requests_per_minute: MOST } });
  bot = await addAgent(opened);
});
afterEach(() => opened.close());

let count = 0;
const something = (agent = bot.agent): ReturnType<typeof writeCall> =>
  writeCall(agent, { path: `${++count}` });
const ask = (by = bot): Promise<string> => park(by.port, something(by.agent));
const TOO_MANY = { code: 'too_many_requests' };

test('an agent asks people so often in any minute and no more, whether or not it takes back what it asked', async () => {
  const ids = await Promise.all(Array.from({ length: MOST }, () => ask()));
  await expect(ask()).rejects.toMatchObject(TOO_MANY);
  for (const id of ids) await bot.port.cancel(id);
  await expect(ask()).rejects.toMatchObject(TOO_MANY);
  opened.time.now += MINUTE - 1;
  await expect(ask()).rejects.toMatchObject(TOO_MANY);
  opened.time.now += 1;
  await ask();
});

test('of many at once no more are filed', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 4 * MOST }, () => ask()));
  expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(MOST);
});

test('another agent is not held to it, and what joins a request is no new one', async () => {
  const question = something();
  const id = await park(bot.port, question);
  for (let n = 1; n < MOST; n++) await ask();
  expect(await park(bot.port, question)).toBe(id);
  await ask(await addAgent(opened, 'eve', 'other@example.com'));
});

test('a bundle is filed whole or not at all', async () => {
  await ask();
  await ask();
  await expect(bundle(MOST - 1)).rejects.toMatchObject(TOO_MANY);
  expect((await bundle(MOST - 2)).items.length).toBe(MOST - 2);
});

/** Files so many questions of one context, each about a tool of its own, as one bundle. */
async function bundle(size: number): Promise<BundleTask> {
  const { subject, action, context = {} } = writeCall(bot.agent);
  const items = await Promise.all(
    Array.from({ length: size }, async () => {
      const resource = { type: 'tool', id: `files/tool_${++count}` };
      const denied = (await bot.port.evaluate({ subject, action, resource, context })) as Denial;
      return { resource, action, denial: denialReference(denied.context) };
    }),
  );
  return await bot.port.requestBundle({ subject, context, items }, {});
}
