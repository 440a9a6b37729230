import { METADATA_ADDRESSES } from './services.ts';

/** What an IP address leads to; `disguised` is an IPv4 address inside an IPv6 one, which not every reader sees. */
export type AddressKind = 'loopback' | 'metadata' | 'private' | 'disguised' | 'public';

/** What a host is when it is an address as WHATWG URL writes it; undefined for a name. */
export function addressKind(host: string): AddressKind | undefined {
  if (METADATA_ADDRESSES.has(host)) return 'metadata';
  if (host.startsWith('[')) return kindOfV6(groupsOf(host.slice(1, -1)));
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? kindOfV4(host.split('.').map(Number)) : undefined;
}

function kindOfV4([a = 0, b = 0]: readonly number[]): AddressKind {
  if (a === 127) return 'loopback';
  // All of the link-local range: which addresses in it serve credentials differs from cloud to cloud.
  if (a === 169 && b === 254) return 'metadata';
  const isPrivate =
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128);
  return isPrivate || a === 0 || a >= 224 ? 'private' : 'public';
}

function kindOfV6(groups: readonly number[]): AddressKind {
  const [a = 0, b = 0] = groups;
  const leading = groups.findIndex((group) => group !== 0);
  if (leading === 7 && groups[7] === 1) return 'loopback';
  if (leading < 0) return 'private';
  // Compatible, mapped and translated addresses; 6to4, Teredo and NAT64.
  if (leading >= 4 || a === 0x2002 || (a === 0x2001 && b === 0) || (a === 0x64 && b === 0xff9b)) {
    return 'disguised';
  }
  if (a >= 0xfe80 && a < 0xfec0) return 'metadata';
  return (a & 0xfe00) === 0xfc00 || (a >= 0xfec0 && a <= 0xffff) ? 'private' : 'public';
}

function groupsOf(text: string): readonly number[] {
  const [head = '', tail] = text.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const start = parse(head);
  if (tail === undefined) return start;
  const end = parse(tail);
  return [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end];
}
