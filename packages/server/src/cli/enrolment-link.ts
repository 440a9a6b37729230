import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '../faces.ts';

const LINK_FILE = 'enrolment-link';

/** Where the link for the first approver is to be found, or that somebody is enrolled. */
export type FirstLink =
  | { readonly kind: 'enrolled' }
  | { readonly kind: 'shown'; readonly url: string; readonly expires_at: string }
  | { readonly kind: 'filed'; readonly file: string; readonly expires_at: string };

/**
 * A new link while nobody is enrolled. It is a secret: shown to a person at a terminal, else put into a
 * file of the owner's alone, never into what may be a log.
 */
export async function firstLink(
  { enrolment }: Authority,
  data: string,
  toTerminal: boolean,
): Promise<FirstLink> {
  if (await enrolment.enrolled()) return { kind: 'enrolled' };
  const { url, expires_at } = await enrolment.firstLink();
  if (toTerminal) return { kind: 'shown', url, expires_at };
  const file = join(data, LINK_FILE);
  writeFileSync(file, `${url}\n`, { mode: 0o600 });
  return { kind: 'filed', file, expires_at };
}
