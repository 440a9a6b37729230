import { excerpt, type Findings } from '../classification.ts';
import { isOverride } from './methods.ts';

/** Headers by which some servers answer for another path or host than the one asked. */
const REWRITES: ReadonlySet<string> = new Set([
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-rewrite-uri',
  'x-override-url',
  'x-forwarded-uri',
  'x-forwarded-server',
  'x-http-host-override',
  'x-http-destinationurl',
  'x-accel-redirect',
  'x-proxy-url',
  'x-forwarded-host',
  'x-forwarded-prefix',
  'x-forwarded-path',
  'x-host',
  'x-original-host',
  'forwarded',
  'destination',
  'upgrade',
  'transfer-encoding',
  'http2-settings',
]);

const CREDENTIALS =
  /^(?:(?:proxy-)?authorization|cookie|.*(?:(?:api|auth|access|private|secret|subscription|functions)-?key|token|secret|passw(?:or)?d|pwd|passphrase|credentials?|session(?:-?id)?))$/;

/** Tokens that only say where a list goes on. */
const PAGES = /^(?:.*-)?(?:page|next|continuation|cursor|sync|start|skip)-?token$/;

/** Whether what has this name lets somebody in. */
export function isCredential(name: string): boolean {
  const plain = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[_.]/g, '-');
  return (CREDENTIALS.test(plain) || CREDENTIALS.test(plain.replaceAll('-', ''))) && !PAGES.test(plain);
}

const ODD_CHARSET = /charset\s*=\s*["']?(?!["']?\s*(?:utf-?8|us-ascii|iso-8859-1)\b)/i;

/** What the headers of a request change; returns the methods that they put in place of its own. */
export function readHeaders(
  headers: Readonly<Record<string, string>>,
  host: string | undefined,
  isOutward: boolean,
  findings: Findings,
): string[] {
  const methods: string[] = [];
  for (const [written, value] of Object.entries(headers)) {
    const name = written.toLowerCase().replaceAll('_', '-');
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(written) || /[\0\r\n]/.test(value)) {
      findings.unknown(`a header that is none: ${excerpt(written)}`);
    }
    if (REWRITES.has(name)) findings.unknown(`${name}, which may lead elsewhere: ${excerpt(value)}`);
    if (name === 'host' && value.toLowerCase().replace(/:\d+$/, '') !== host) {
      findings.unknown(`a Host that is not the one asked: ${excerpt(value)}`);
    }
    // The value is the secret: no reason quotes it.
    if (isOutward && isCredential(written)) findings.effect('secret', `${excerpt(name)} is sent outside`);
    if (name === 'content-encoding' && !/^\s*(?:identity\s*)?$/i.test(value)) {
      findings.unknown(`a body that is encoded: ${excerpt(value)}`);
    }
    if (name === 'content-type' && ODD_CHARSET.test(value)) {
      findings.unknown(`a body in letters that not every reader takes alike: ${excerpt(value)}`);
    }
    if (isOverride(name)) methods.push(...value.split(',').map((each) => each.trim()));
  }
  return methods;
}

/** The values of a header, whatever the case of its name; servers take the one or the other of several. */
export function headerOf(headers: Readonly<Record<string, string>>, name: string): string {
  return Object.entries(headers)
    .filter(([each]) => each.toLowerCase().replaceAll('_', '-') === name)
    .map(([, value]) => value)
    .join(', ');
}
