/** Hosts that send on to wherever somebody told them: the address says nothing about where it leads. */
export const REDIRECTORS: readonly string[] = [
  'bit.ly',
  'bitly.com',
  'buff.ly',
  'cutt.ly',
  'dlvr.it',
  'dub.sh',
  'g.co',
  'git.io',
  'goo.gl',
  'goo.su',
  'is.gd',
  'l.facebook.com',
  'lm.facebook.com',
  'l.instagram.com',
  'l.messenger.com',
  'lnkd.in',
  'msft.it',
  'aka.ms',
  'ow.ly',
  'page.link',
  'qr.ae',
  'rb.gy',
  'rebrand.ly',
  's.id',
  'safelinks.protection.outlook.com',
  'shorturl.at',
  'short.io',
  'shor.by',
  'slack-redir.net',
  't.co',
  't.ly',
  't.me',
  'tiny.cc',
  'tinyurl.com',
  'urldefense.com',
  'urldefense.proofpoint.com',
  'v.gd',
  'youtu.be',
  'wa.me',
];

/** Hosts that answer with the credentials of the machine or the workload that asks. */
export const METADATA_HOSTS: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
  'rancher-metadata',
]);

/** Addresses that do so, in the form in which WHATWG URL writes them. */
export const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '[fd00:ec2::254]',
  '[fd00:ec2::23]',
  '[fd20:ce::254]',
]);

/** Names that resolve to whatever address they spell, or to another one each time. */
export const CHANGING_NAMES: readonly string[] = [
  'nip.io',
  'sslip.io',
  'xip.io',
  'traefik.me',
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'yoogle.com',
  'rbndr.us',
  '1u.ms',
  'rebind.it',
  'rebind.network',
];

/** Whether a host is one of these names or lies below one. */
export function isUnder(host: string, names: readonly string[]): boolean {
  return names.some((name) => host === name || host.endsWith(`.${name}`));
}
