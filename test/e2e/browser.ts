import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser, type CDPSession, type Page } from 'playwright-core';

/** A real Chromium with a virtual authenticator that verifies its user. */
export interface Person {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly close: () => Promise<void>;
}

/** A person's browser guards its origins, and closing a page does not close it. */
const UNFIT: ReadonlySet<string> = new Set([
  '--single-process',
  '--disable-web-security',
  '--allow-running-insecure-content',
  '--disable-site-isolation-trials',
]);

let shared: Promise<Browser> | undefined;

/** One browser for all tests of a file; each person has a context, and an authenticator, of their own. */
export async function newPerson(
  viewport: { width: number; height: number } = { width: 390, height: 844 },
): Promise<Person> {
  shared ??= chromium.executablePath().then((executablePath) =>
    playwright.launch({
      executablePath,
      args: chromium.args.filter((each) => !UNFIT.has(each)),
      headless: true,
    }),
  );
  const context = await (await shared).newContext({ viewport });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { page, cdp, close: () => context.close() };
}

export async function closeBrowser(): Promise<void> {
  await (await shared)?.close();
  shared = undefined;
}
