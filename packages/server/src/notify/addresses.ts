import { lookup } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** RFC 6890: addresses that are not of the public internet. */
const INTERNAL = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  INTERNAL.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  INTERNAL.addSubnet(net, prefix, 'ipv6');

/** Whether an address belongs to this machine or its networks, an IPv4 address in an IPv6 one included. */
export function isInternalAddress(address: string): boolean {
  const family = isIP(address);
  // What is no address at all is nowhere to be sent to.
  return family === 0 || INTERNAL.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** Whether a URL's host is written as an internal address; a name is not, wherever it leads. */
export function isInternalLiteral(hostname: string): boolean {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1');
  return /^[\d.]+$|:/.test(literal) && isInternalAddress(literal);
}

/** Whether a URL's host is an internal address now. A name that cannot be resolved leads nowhere yet. */
export async function leadsInside(hostname: string): Promise<boolean> {
  if (isInternalLiteral(hostname)) return true;
  const addresses = await resolve(hostname.replace(/^\[(.*)\]$/, '$1'), { all: true }).catch(() => []);
  return addresses.some(({ address }) => isInternalAddress(address));
}

/**
 * Resolves names for a connection, and fails where any of the addresses is internal. INVARIANT: what was checked is what
 * is connected to, so that a name cannot change its mind in between.
 */
export const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '', 0);
    const [first] = addresses;
    if (first === undefined || addresses.some(({ address }) => isInternalAddress(address)))
      return done(new Error('the name leads to an internal address'), '', 0);
    if (options.all === true) return done(null, addresses);
    done(null, first.address, first.family);
  });
};
