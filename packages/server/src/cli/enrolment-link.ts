import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { print, printJson } from './output.ts';

const LINK_FILE = 'enrolment-link';

interface Link {
  readonly url: string;
  readonly expires_at: string;
}

/**
 * Tells how the first approver enrols. The link is a secret: it goes to a person at a terminal, else into a
 * file of the owner's alone whose path is told; never into JSON or what may be a log.
 */
export function tellLink({ url, expires_at }: Link, data: string, toMachine: boolean): void {
  if (!toMachine && process.stdout.isTTY) {
    print(
      '',
      'Open this in a browser, once, to become the first approver:',
      `  ${url}`,
      `  until ${expires_at}`,
    );
    return;
  }
  const file = join(data, LINK_FILE);
  writeFileSync(file, `${url}\n`, { mode: 0o600 });
  if (toMachine) printJson({ event: 'enrolment_link', file, expires_at });
  else print('', `A one-time link for the first approver is in ${file} until ${expires_at}.`);
}
