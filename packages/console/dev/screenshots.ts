import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Page } from 'playwright-core';
import { fixtureServer } from './fixture-server.ts';
import { freshState, type FixtureState } from './fixture-state.ts';

const OUT = process.argv[2] ?? '/tmp/console-shots';

interface Scene {
  readonly name: string;
  readonly path: string;
  readonly state?: Partial<FixtureState>;
  readonly act?: (page: Page) => Promise<void>;
  readonly full?: boolean;
}

const SCENES: readonly Scene[] = [
  { name: 'inbox', path: '/' },
  { name: 'empty', path: '/', state: { requests: [] } },
  { name: 'not-live', path: '/', state: { events: false } },
  { name: 'update', path: '/requests/arq_update01' },
  { name: 'update-full', path: '/requests/arq_update01', full: true },
  { name: 'classified', path: '/requests/arq_sql00006' },
  { name: 'risky', path: '/requests/arq_delete02' },
  { name: 'risky-full', path: '/requests/arq_delete02', full: true },
  {
    name: 'risky-confirm',
    path: '/requests/arq_delete02',
    act: (page) => page.getByRole('button', { name: 'Approve …' }).click(),
  },
  {
    name: 'deny',
    path: '/requests/arq_update01',
    act: (page) => page.getByRole('button', { name: 'Deny', exact: true }).click(),
  },
  { name: 'approved', path: '/requests/arq_live0004' },
  { name: 'executed', path: '/requests/arq_done0003' },
  { name: 'denied', path: '/requests/arq_deny0005' },
  { name: 'history', path: '/history' },
  { name: 'people', path: '/people', full: true },
  { name: 'enrol-first', path: '/enrol#made-up', state: { enrolled: false, signedIn: false } },
  { name: 'enrol-invited', path: '/enrol#made-up', state: { signedIn: false } },
  { name: 'sign-in', path: '/requests/arq_update01', state: { signedIn: false } },
];

const VIEWPORTS = [
  { name: 'phone', width: 390, height: 844 },
  { name: 'desk', width: 1280, height: 800 },
];

const only = process.argv[3]?.split(',');
const browser = await chromium.launch({
  executablePath: await sparticuz.executablePath(),
  // In a single process, closing one page ends the browser.
  args: sparticuz.args.filter((each) => each !== '--single-process'),
  headless: true,
});
await mkdir(OUT, { recursive: true });
for (const scene of SCENES) {
  if (only !== undefined && !only.includes(scene.name)) continue;
  const server = fixtureServer({ ...freshState(), ...scene.state }).listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  for (const { name, width, height } of VIEWPORTS) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1 });
      page.on('pageerror', (error) => process.stderr.write(`${scene.name}: ${error.message}\n`));
      page.on('console', (message) => {
        if (message.type() === 'error') process.stderr.write(`${scene.name}: ${message.text()}\n`);
      });
      await page.goto(`${origin}${scene.path}`);
      await page.locator('h1').waitFor();
      await page.waitForTimeout(150);
      await scene.act?.(page);
      await page.screenshot({
        path: `${OUT}/${scene.name}-${name}-${colorScheme}.png`,
        fullPage: scene.full === true,
      });
      const overflow = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
      if (overflow === true) process.stderr.write(`${scene.name} ${name}: scrolls sideways\n`);
      await page.close();
    }
  }
  server.closeAllConnections();
  server.close();
}
await browser.close();
