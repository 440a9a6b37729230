import { excerpt, understand, type Classification, type Findings } from '../classification.ts';
import { isMagicLink, isSecretPlace } from '../path/places.ts';
import { addressKind } from './addresses.ts';
import { readAuthority, type Authority } from './host.ts';
import { asciiHost } from './idna.ts';
import { lookAlike, mixesAlphabets } from './look-alike.ts';
import { CHANGING_NAMES, isUnder, METADATA_HOSTS, REDIRECTORS } from './services.ts';
import { targetsIn } from './targets.ts';

export interface UrlOptions {
  /** Hosts of the organisation: `example.com` with all below it, `=api.example.com` alone. */
  readonly domains: readonly string[];
  /** Hosts that send on to anywhere, besides the known shorteners. */
  readonly redirectors?: readonly string[];
  /** The schemes that are understood, in place of http, https, ws, wss, file and data. */
  readonly schemes?: readonly string[];
}

const SCHEMES: readonly string[] = ['http', 'https', 'ws', 'wss', 'file', 'data'];
const SPECIAL: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss', 'ftp']);
const MAX_NESTED = 3;
const MAX_AUTHORITY = 1000;
/** More text than an address needs: it carries something along. */
const MUCH_TEXT = 2000;
const ENCODED_RUN = /[\w+/=-]{128}/;
const LONG_LABEL = 40;
const LONG_NAME = 110;

/**
 * What opening a URL does: whom it reaches, by the host that is really asked, and whether it leaves the organisation
 * later on by a redirect. Where readers of URLs disagree about the host, it is not understood.
 *
 * @example classifyUrl('https://example.com@evil.test/', { domains: ['example.com'] }).outward // true
 */
export function classifyUrl(url: string, options: UrlOptions): Classification {
  return readNested(url, options, 0);
}

function readNested(url: string, options: UrlOptions, depth: number): Classification {
  return understand(url, 'URL', (findings) => {
    const scheme = /^([A-Za-z][A-Za-z\d+.-]*):/.exec(url)?.[1]?.toLowerCase();
    if (scheme === undefined) findings.unknown(`no scheme: ${excerpt(url)}`);
    else if (!(options.schemes ?? SCHEMES).includes(scheme)) findings.unknown(`a ${excerpt(scheme)} address`);
    else if (scheme === 'data') readData(url, findings);
    else if (scheme === 'file') readFile(url, findings);
    else readRemote(url, scheme, options, findings, depth);
  });
}

function readRemote(
  text: string,
  scheme: string,
  options: UrlOptions,
  findings: Findings,
  depth: number,
): void {
  const [, raw, writtenPath = ''] = /^[^:]+:\/\/([^/?#]+)([^?#]*)/.exec(text) ?? [];
  if (raw === undefined) {
    findings.unknown(`no host after "//": ${excerpt(text)}`);
    return;
  }
  // No reader gets on with so long a host, and mapping it would take long.
  if (raw.length > MAX_AUTHORITY) {
    findings.unknown(`a host that is too long: ${excerpt(text)}`);
    return;
  }
  if (/[\p{Cc}\s\p{Cf}]/u.test(text))
    findings.unknown(`white space or hidden characters in ${excerpt(text)}`);
  if (/^[^?#]*\\/.test(text))
    findings.unknown(`a backslash, which some readers take for a slash: ${excerpt(text)}`);
  const url = URL.parse(text);
  if (url === null) {
    findings.unknown(`not a URL: ${excerpt(text)}`);
    return;
  }
  const authority = readAuthority(raw, url);
  for (const why of authority.oddities) findings.unknown(`${why}: ${excerpt(text)}`);
  if (!SPECIAL.has(scheme) && !/^[a-z\d.-]+$/.test(authority.host)) {
    findings.unknown(`a host that readers write differently: ${excerpt(text)}`);
  }
  const { host } = authority;
  const shown = excerpt(host);
  findings.touch('host', host);
  const port = url.port === '' ? '' : `, port ${url.port}`;
  findings.effect('network', `${scheme} to ${shown}${port}`).effect('read', `what ${shown} answers`);
  addUser(authority, findings);
  addAddress(host, findings);
  if (isInside(host, options.domains)) {
    if (isUnder(host, named(options.redirectors ?? []))) {
      findings.outward(`${shown} redirects to wherever it was told`);
    }
    addTargets(url, targetsIn(url, writtenPath), options, findings, depth);
  } else {
    addOutside(url, authority, options, findings);
  }
}

function addUser({ host, userinfo }: Authority, findings: Findings): void {
  if (userinfo === undefined) return;
  if (/:./.test(userinfo)) findings.effect('secret', `a password before "@" is sent to ${excerpt(host)}`);
  const name = excerpt(userinfo.replace(/:.*$/s, ''));
  findings.effect('network', `"${name}" before "@" is a user, the host is ${excerpt(host)}`);
}

function addAddress(host: string, findings: Findings): void {
  const shown = excerpt(host);
  const kind = addressKind(host);
  if (kind === 'metadata' || METADATA_HOSTS.has(host)) {
    findings.effect('secret', `${shown} hands out credentials of the machine`);
  }
  if (kind === 'private') findings.effect('network', `${shown} is an address of an inner network`);
  if (isUnder(host, CHANGING_NAMES)) findings.unknown(`${shown} resolves to whatever its name says`);
}

function addOutside(url: URL, authority: Authority, options: UrlOptions, findings: Findings): void {
  const { host, userinfo } = authority;
  const shown = excerpt(host);
  findings.outward(`${shown} is not of the organisation`);
  const alike = lookAlike(host, named(options.domains));
  if (alike !== undefined) findings.outward(`${shown} looks like ${excerpt(alike)}`);
  if (mixesAlphabets(host)) findings.outward(`${shown} mixes alphabets`);
  if (isUnder(host, [...REDIRECTORS, ...named(options.redirectors ?? [])])) {
    findings.outward(`${shown} redirects to wherever it was told`);
  }
  const sent = `${userinfo ?? ''}${url.pathname}${url.search}`;
  if (sent.length > MUCH_TEXT || ENCODED_RUN.test(sent)) {
    findings.effect('export', `${sent.length} characters are sent along to ${shown}`);
  }
  const isLong = host.length > LONG_NAME || host.split('.').some((label) => label.length > LONG_LABEL);
  if (addressKind(host) === undefined && isLong) {
    findings.effect('export', `the long name ${shown} may carry data`);
  }
}

/** What an own host would send its visitor on to is reached as well. */
function addTargets(
  url: URL,
  targets: readonly string[] | undefined,
  options: UrlOptions,
  findings: Findings,
  depth: number,
): void {
  if (targets === undefined) findings.outward('too many parameters to look for addresses in');
  for (const target of targets ?? []) {
    const part = depth < MAX_NESTED ? readNested(target, options, depth + 1) : undefined;
    if (part === undefined) findings.unknown('addresses in addresses');
    else if (part.outward || !part.understood || part.effects.includes('execute')) {
      findings.outward(`${excerpt(url.hostname)} redirects to ${excerpt(target)}`).include(part);
    }
  }
}

function isInside(host: string, domains: readonly string[]): boolean {
  if (host === 'localhost' || addressKind(host) === 'loopback') return true;
  return domains.some((domain) => {
    const [name = ''] = named([domain]);
    return name !== '' && (domain.startsWith('=') ? host === name : isUnder(host, [name]));
  });
}

/** Configured hosts as URLs have them. */
function named(domains: readonly string[]): string[] {
  return domains
    .map((domain) =>
      domain
        .trim()
        .replace(/^=|^\*?\./, '')
        .replace(/\.$/, '')
        .toLowerCase(),
    )
    .map((domain) => (/[^\0-\x7f]/.test(domain) ? (asciiHost(domain) ?? '') : domain))
    .filter((domain) => domain !== '');
}

function readFile(text: string, findings: Findings): void {
  const url = URL.parse(text);
  const isPlain = /^file:\/\/(?:localhost)?\/(?!\/)/i.test(text);
  if (url === null || url.host !== '' || !isPlain) {
    findings.unknown(`a file of another machine, perhaps: ${excerpt(text)}`);
    return;
  }
  if (/%(?:2f|5c|00|25)|\\|[\p{Cc}\p{Cf}]|\/(?:\.|%2e){2}(?:[/?#]|$)/iu.test(text) || url.search !== '') {
    findings.unknown(`a file that readers name differently: ${excerpt(text)}`);
  }
  const path = decodeURIComponent(url.pathname);
  findings.effect('read', `the file ${excerpt(path)}`).touch('file', path);
  const segments = path.split('/').filter((segment) => segment !== '');
  if (isMagicLink(segments)) findings.unknown(`a link that each program sees differently: ${excerpt(path)}`);
  if (isSecretPlace(segments)) {
    findings.effect('secret', `${excerpt(path)} is known to hold secrets`);
  }
}

function readData(text: string, findings: Findings): void {
  const type = /^data:([^,]{0,200}),/i.exec(text)?.[1];
  if (type === undefined) {
    findings.unknown(`data without a type: ${excerpt(text)}`);
    return;
  }
  findings.effect('read', 'data that is in the address itself');
  if (/html|xml|svg|script/i.test(percentless(type))) {
    findings.effect('execute', `data of the type ${excerpt(type)} may carry scripts`);
  }
}

/** A type in percent codes is looked for as if they all were letters of a script. */
function percentless(type: string): string {
  return type.includes('%') ? 'script' : type;
}
