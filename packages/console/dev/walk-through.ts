import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Page } from 'playwright-core';
import { fixtureServer } from './fixture-server.ts';
import { freshState } from './fixture-state.ts';

/** One way through every ceremony with a virtual authenticator, in a real browser, against made-up data. */
const state = { ...freshState(), enrolled: false, signedIn: false };
const server = fixtureServer(state).listen(0, 'localhost');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
const browser = await chromium.launch({
  executablePath: await sparticuz.executablePath(),
  args: sparticuz.args.filter((each) => each !== '--single-process'),
  headless: true,
});
const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
page.setDefaultTimeout(8000);
page.on('pageerror', (error) => assert.fail(error));
const cdp = await page.context().newCDPSession(page);
await cdp.send('WebAuthn.enable');
const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
  options: {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  },
});

async function step(name: string, run: () => Promise<void>): Promise<void> {
  await run();
  process.stdout.write(`ok ${name}\n`);
}
const button = (name: string | RegExp): ReturnType<Page['getByRole']> =>
  page.getByRole('button', { name, exact: true });
const open = (id: string): Promise<unknown> => page.goto(`${origin}/requests/${id}`);

await step('first enrolment', async () => {
  await page.goto(`${origin}/enrol#s3cret`);
  await page.getByLabel('Your e-mail address').fill('ana@example.com');
  assert.equal(new URL(page.url()).hash, '', 'the secret left the address bar');
  await button('Create a passkey').click();
  await page.getByRole('heading', { name: 'Your passkey is ready' }).waitFor();
});
await step('sign in keeps a deep link', async () => {
  await open('arq_update01');
  await button('Sign in with a passkey').click();
  await page.getByRole('heading', { name: 'This would change something' }).waitFor();
  assert.equal(await page.title(), '(2) Countersign');
});
await step('a statement that was tampered with is refused before the passkey', async () => {
  state.tamper = ({ statement }) => {
    statement['max_uses'] = 99;
  };
  await button('Approve').click();
  await page.getByRole('alert').getByText('“max_uses”').waitFor();
  delete state.tamper;
});
await step('a closed passkey prompt is no error', async () => {
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await button('Approve').click();
  await page.getByText('The passkey prompt was closed. Nothing was signed.').waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
});
await step('the displayed text is the signed text', async () => {
  const shown = await page
    .getByRole('region', { name: 'This is the text you sign' })
    .locator('.line')
    .allTextContents();
  const { renderQuestion } = await import('@countersign/core');
  const view = state.requests.find(({ id }) => id === 'arq_update01');
  assert.ok(view !== undefined);
  assert.equal(shown.join(''), renderQuestion(view.question));
});
await step('approve a plain one by keyboard', async () => {
  await page.keyboard.press('a');
  await page.getByText('Approved.').waitFor();
});
await step('revoke', async () => {
  await button('Revoke approval').click();
  await page.getByText('The approval was revoked').waitFor();
});
await step('the riskiest tier asks for a word', async () => {
  await page.getByRole('link', { name: 'Next waiting request' }).click();
  await button('Approve …').click();
  const dialog = page.getByRole('dialog');
  assert.ok(await dialog.getByRole('button', { name: 'Approve and sign' }).isDisabled());
  await dialog.getByRole('textbox').fill('purge_bucket');
  await dialog.getByRole('button', { name: 'Approve and sign' }).click();
  await page.getByText('Approved, by the agent’s own owner.').waitFor();
});
await step('deny with a note; the event stream empties the inbox', async () => {
  state.requests = freshState().requests;
  await open('arq_delete02');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('d');
  await page.getByLabel('Note (optional)').fill('  not today ');
  await button('Deny and sign').click();
  await page.getByText('Denied. It was not run.').waitFor();
  await page.getByText('“not today”').waitFor();
  assert.equal(await page.title(), '(1) Countersign');
});
await step('keys move through the inbox', async () => {
  state.requests = freshState().requests;
  await page.goto(origin);
  await page.getByRole('list', { name: 'Waiting requests' }).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'This could do anything' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('dialog').count(), 0);
});
await step('sign someone in, invite, propose a key, revoke', async () => {
  await page.getByRole('link', { name: 'People' }).click();
  await button('Let in and sign').click();
  await page.getByRole('heading', { name: 'Waiting for a signature' }).waitFor({ state: 'detached' });
  await page.getByLabel('E-mail address', { exact: true }).fill('eli@example.com');
  await button('Make an invitation link').click();
  assert.match(await page.getByLabel('Invitation link').inputValue(), /\/enrol#.{43}$/);
  await page.getByText('Propose an approver key').click();
  await page.getByLabel('Owner’s e-mail address').fill('fay@example.com');
  await page.getByLabel('Public key', { exact: true }).fill('A'.repeat(43));
  await button('Propose the key').click();
  await page.getByText('wants into approvers with an approver key').waitFor();
  await button('Discard').click();
  await button('Revoke passkey of carl@example.com').click();
  await button('Revoke passkey').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});
await step('an invitation waits for a signature and shows a key code', async () => {
  state.signedIn = false;
  await page.goto(`${origin}/enrol#another`);
  await page.getByText('dee@example.com').waitFor();
  await button('Create a passkey').click();
  await page.getByRole('heading', { name: 'Waiting for a signature' }).waitFor();
  assert.match(await page.locator('.key-code').innerText(), /^([0-9a-f]{4} ){3}[0-9a-f]{4}$/);
});
await step('320 pixels', async () => {
  state.signedIn = true;
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of ['/', '/history', '/people', '/requests/arq_delete02']) {
    await page.goto(`${origin}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, path);
  }
});
await browser.close();
server.closeAllConnections();
server.close();
