import { excerpt } from '../classification.ts';
import type { Evidence } from './evidence.ts';
import { constantIn, textOf, type Node } from './nodes.ts';
import { SECRET } from './settings.ts';

/** The hosts in a connection string, of either form that libpq reads: each of several. */
export function hostsIn(connection: string): string[] {
  const plain = connection.replaceAll(/\\(.)/g, '$1').replaceAll(/%([0-9a-f]{2})/gi, decoded);
  const words = [...plain.matchAll(/\bhost(?:addr)?\s*=\s*'?([^\s'&]+)/g)].map(([, hosts]) => hosts ?? '');
  const urls = [...connection.matchAll(/^\s*postgres(?:ql)?:\/\/(?:[^@/]*@)?([^/?]*)/g)].map(([, hosts]) =>
    (hosts ?? '').replaceAll(/%([0-9a-f]{2})/gi, decoded),
  );
  return [
    ...words.flatMap((hosts) => hosts.split(',')),
    ...urls.flatMap((hosts) => hosts.split(',').map((host) => host.replace(/:\d*$/, ''))),
  ].filter((host) => host !== '');
}

/** An option that a statement gives to what is outside: a wrapper runs its program, reads its file, calls its host. */
export function foreignOption(evidence: Evidence, option: Node): void {
  const value = constantIn(option['arg']);
  if (value === undefined) return;
  const name = textOf(option, 'defname').toLowerCase();
  switch (name) {
    case 'program':
      evidence.effect('execute', `the program '${excerpt(value)}'`);
      return;
    case 'filename':
      evidence.touch('file', value);
      evidence.effect('secret', `a file of the server, '${excerpt(value)}'`);
      return;
    case 'host':
    case 'hostaddr':
      for (const host of value.split(',')) evidence.touch('host', host);
      return;
    case 'passfile':
    case 'sslkey':
      evidence.effect('secret', 'an option sets a password');
      return;
    default:
      if (SECRET.test(name)) evidence.effect('secret', `the option ${excerpt(name)} may set a secret`);
  }
}

function decoded(_all: string, digits: string): string {
  return String.fromCharCode(parseInt(digits, 16));
}
