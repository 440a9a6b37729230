import { excerpt, type Findings } from '../classification.ts';
import { leadsAway } from '../url/targets.ts';
import { classifyUrl } from '../url/url.ts';
import { isCredential } from './headers.ts';
import { textsIn, type RequestBody } from './request-body.ts';

/** A longer body takes something along. */
const MUCH_TEXT = 2000;
/** More addresses in one body are not looked at. */
const MAX_ADDRESSES = 256;

interface Receiver {
  readonly isOutward: boolean;
  readonly domains: readonly string[];
}

/** What parameters and body carry outside, or where they tell an own server to go. */
export function addSent(
  body: RequestBody,
  parameters: readonly (readonly [string, string])[],
  { isOutward, domains }: Receiver,
  findings: Findings,
): void {
  const texts = textsIn(body);
  if (!isOutward) {
    addAddresses(texts, domains, findings);
    return;
  }
  // The value is the secret: no reason quotes it.
  const secret = [...parameters, ...texts].find(([name, value]) => value !== '' && isCredential(name));
  if (secret !== undefined) findings.effect('secret', `${excerpt(secret[0])} is sent outside`);
  const length = body.text?.length ?? (body.value === undefined ? 0 : JSON.stringify(body.value).length);
  if (length > MUCH_TEXT) findings.effect('export', `a body of ${length} characters is sent outside`);
}

/** A hook, a mirror or a picture to fetch: the server that gets the body goes there later. */
function addAddresses(
  texts: readonly (readonly [string, string])[],
  domains: readonly string[],
  findings: Findings,
): void {
  const addresses = new Set(
    texts.filter(([name, value]) => ADDRESS.test(value) && leadsAway(name)).map(([, value]) => value),
  );
  if (addresses.size > MAX_ADDRESSES) findings.outward('too many addresses in the body to look at');
  for (const address of [...addresses].slice(0, MAX_ADDRESSES)) {
    const part = classifyUrl(address.replace(/^\s*[\\/]{2}/, 'https://'), { domains });
    if (part.understood && !part.outward && !part.effects.includes('secret')) continue;
    findings.outward(`sends the server to ${excerpt(address)}`);
    if (part.effects.includes('secret')) findings.effect('secret', `sends the server to ${excerpt(address)}`);
  }
}

const ADDRESS = /^\s*(?:[a-z][a-z\d+.-]*:\/\/|[\\/]{2}|(?:https?|javascript|data|file):)/i;
