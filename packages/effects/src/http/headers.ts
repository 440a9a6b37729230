import { excerpt, type Findings } from '../classification.ts';
import { isOverride } from './methods.ts';

/** Headers by which some servers answer for another path or host than the one asked. */
const REWRITES: ReadonlySet<string> = new Set([
  'x-original-url',
  'x-rewrite-url',
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
  /^(?:authorization|proxy-authorization|cookie|.*(?:api-?key|token|secret|password|credentials?))$/;

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
    if (isOutward && CREDENTIALS.test(name)) findings.effect('secret', `${excerpt(name)} is sent outside`);
    if (isOverride(name)) methods.push(...value.split(',').map((each) => each.trim()));
  }
  return methods;
}

/** The value of a header, whatever the case of its name. */
export function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
}
