import { excerpt } from '../classification.ts';
import type { Evidence } from './evidence.ts';
import { constantIn, textOf, type Node } from './nodes.ts';

/** The hosts in a connection string, of either form that libpq reads. */
export function hostsIn(connection: string): string[] {
  const words = [...connection.matchAll(/\bhost(?:addr)?\s*=\s*'?([^\s']+)/g)];
  const urls = [...connection.matchAll(/^postgres(?:ql)?:\/\/(?:[^@/]*@)?([^/:?]+)/g)];
  return [...words, ...urls].flatMap(([, host]) => host ?? []);
}

/** An option that a statement gives to what is outside: a wrapper runs its program, reads its file, calls its host. */
export function foreignOption(evidence: Evidence, option: Node): void {
  const value = constantIn(option['arg']);
  if (value === undefined) return;
  switch (textOf(option, 'defname').toLowerCase()) {
    case 'program':
      evidence.effect('execute', `the program '${excerpt(value)}'`);
      return;
    case 'filename':
      evidence.touch('file', value);
      evidence.effect('secret', `a file of the server, '${excerpt(value)}'`);
      return;
    case 'host':
    case 'hostaddr':
      evidence.touch('host', value);
      return;
    case 'password':
    case 'passfile':
    case 'sslkey':
    case 'sslpassword':
      evidence.effect('secret', 'an option sets a password');
      return;
    default:
  }
}
