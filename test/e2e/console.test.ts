import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeBrowser, newPerson, type Person } from './browser.ts';
import { FILESYSTEM, Site, type Running } from './countersign.ts';
import { connect, type TestAgent } from './agents.ts';

let site: Site;
let server: Running;
let link: string;
let ann: Person;
let agent: TestAgent;

beforeAll(async () => {
  site = new Site();
  await site.reservePort();
  site.configure({
    public_url: site.url,
    hold: '30s',
    upstreams: {
      files: {
        command: process.execPath,
        args: [FILESYSTEM, site.files],
        cwd: site.dir,
        catalog: 'filesystem',
      },
    },
  });
  const { api_key = '' } = await site.json('agent', 'add', 'bot', '--owner', 'owner@example.com');
  server = await site.start();
  link = await freshLink();
  ann = await newPerson();
  agent = await connect('2025-11-25', { kind: 'http', url: `${site.url}/mcp/files`, key: api_key });
});
afterAll(async () => {
  await agent.close();
  await ann.close();
  await closeBrowser();
  await site.close();
});

async function freshLink(): Promise<string> {
  const { file = '' } = await site.json('approver', 'link');
  return readFileSync(file, 'utf8').trim();
}

describe('a person at the console', () => {
  test('enrols once through the one-time link', async () => {
    const { page } = ann;
    await page.goto(link);
    await page.getByRole('textbox', { name: 'Your e-mail address' }).fill('ann@example.com');
    await page.getByRole('button', { name: 'Create a passkey' }).click();
    await page.getByRole('heading', { name: 'Your passkey is ready' }).waitFor();
    const eve = await newPerson();
    await eve.page.goto(link);
    await eve.page.getByText('This link was used or is too old').waitFor();
    expect(await eve.page.getByRole('button', { name: 'Create a passkey' }).count()).toBe(0);
    await eve.close();
  });

  test('approves with the passkey what is held, and it runs', async () => {
    const { page } = ann;
    await page.goto(site.url);
    const path = join(site.files, 'from-browser.txt');
    const held = agent.call('write_file', { path, content: 'signed for' });
    await page.locator('a[data-row]').first().click();
    await page.getByText('This is the text you sign').waitFor();
    expect(existsSync(path)).toBe(false);
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    expect(await held).toMatchObject({ isError: false });
    expect(readFileSync(path, 'utf8')).toBe('signed for');
    await page.getByText('Ran to its end.').waitFor();
  });

  test('denies with the passkey, and the agent is told', async () => {
    const { page } = ann;
    await page.goto(site.url);
    const path = join(site.files, 'denied.txt');
    const held = agent.call('write_file', { path, content: 'no' });
    await page.locator('a[data-row]').first().click();
    await page.getByRole('button', { name: 'Deny', exact: true }).click();
    await page.getByRole('button', { name: 'Deny and sign' }).click();
    expect(await held).toMatchObject({ isError: true, consent: { status: 'denied' } });
    expect(existsSync(path)).toBe(false);
    await page.getByText('Denied. It was not run.').waitFor();
  });

  test('signs out, and in again with the passkey alone', async () => {
    const { page } = ann;
    await page.context().clearCookies();
    await page.goto(`${site.url}/history`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('list', { name: 'Closed requests' }).waitFor();
  });

  test('the votes verify from the stored bytes', async () => {
    const done = await site.run(['audit', 'verify', '--data', site.data]);
    expect(done.code, done.stderr).toBe(0);
  });

  test('an open console does not keep the server from ending in time', async () => {
    await ann.page.goto(site.url);
    await ann.page.getByRole('heading', { name: 'Inbox' }).waitFor();
    const late = new Promise((give) => setTimeout(give, 5000, 'late').unref());
    expect(await Promise.race([server.stop().then(() => 'stopped'), late])).toBe('stopped');
  });
});
