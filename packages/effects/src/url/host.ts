import { addressKind } from './addresses.ts';
import { asciiHost, isValidHost, oldAsciiHost } from './idna.ts';

/** The authority of a URL as every reader should take it, and what speaks against that. */
export interface Authority {
  /** In ASCII and lower case, without a trailing dot. */
  readonly host: string;
  readonly userinfo: string | undefined;
  /** Why readers may take it for another host; none of an honest address. */
  readonly oddities: readonly string[];
}

const MAX_HOST = 253;
const MAX_LABEL = 63;

/**
 * Reads `<userinfo>@<host>:<port>` as it is written and compares it with what WHATWG URL made of it.
 * INVARIANT: without oddities, a reader by RFC 3986, by WHATWG and by a simple pattern agree on the host.
 */
export function readAuthority(raw: string, parsed: URL): Authority {
  const at = raw.lastIndexOf('@');
  const userinfo = at < 0 ? undefined : raw.slice(0, at);
  const written = raw.slice(at + 1).replace(/:\d*$/, '');
  const host = parsed.hostname.toLowerCase().replace(/\.$/, '');
  const oddities: string[] = [];
  if (userinfo !== undefined && /[@[\]]|%(?:2f|5c|3f|23|40|3a|25)/i.test(userinfo)) {
    oddities.push('marks before "@" that end the host for some readers');
  }
  const why = oddHost(written, host);
  if (why !== undefined) oddities.push(why);
  return { host, userinfo, oddities };
}

function oddHost(written: string, host: string): string | undefined {
  if (written.includes('%')) return 'a host in percent codes';
  const kind = addressKind(host);
  if (kind === 'disguised') return `an IPv4 address inside an IPv6 one, ${host}`;
  if (host.startsWith('[')) return undefined;
  const plain = written.toLowerCase().replace(/\.$/, '');
  if (kind !== undefined) {
    return plain === host ? undefined : `the address ${host} in an unusual spelling`;
  }
  if (/[^\0-\x7f]/.test(written)) return oddInternational(plain, host);
  if (plain !== host) return `a host that becomes ${host}`;
  if (!isHostName(host)) return 'a host that no name server knows';
  return isValidHost(host) ? undefined : 'an international host that is not valid';
}

function oddInternational(written: string, host: string): string | undefined {
  if (asciiHost(written) !== host) return 'an international host that is not valid';
  if (oldAsciiHost(written) !== host) {
    return 'an international host that old and new readers take for different ones';
  }
  if (!isHostName(host)) return 'a host that no name server knows';
  // Nobody types fullwidth letters, soft hyphens or ideographic dots who could have typed the host itself.
  const foreign = written.split(/[.\u3002\uff0e\uff61]/).filter((label) => /[^\0-\x7f]/.test(label)).length;
  const encoded = host.split('.').filter((label) => label.startsWith('xn--')).length;
  const alreadyEncoded = written.split('.').filter((label) => label.startsWith('xn--')).length;
  return encoded - alreadyEncoded < foreign || /[\u3002\uff0e\uff61]/.test(written)
    ? `letters that only become ${host} for some readers`
    : undefined;
}

function isHostName(host: string): boolean {
  return (
    host.length <= MAX_HOST &&
    host.split('.').every((label) => label.length <= MAX_LABEL && /^[a-z\d_-]+$/.test(label))
  );
}
