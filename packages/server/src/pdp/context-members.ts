import type { CedarPolicy } from './cedar.ts';

/** What the context of every question has. Design §3. */
export type ContextMember = 'agent' | 'action' | 'request' | 'session';

const MEMBERS: readonly ContextMember[] = ['agent', 'action', 'request', 'session'];

/**
 * The members of the context that a policy can tell apart: those it names, or all where it uses `context` in any
 * other way. A tool's arguments may be megabytes; what no policy looks at is not put into Cedar's words.
 */
export function contextMembers(policies: readonly CedarPolicy[]): ReadonlySet<ContextMember> {
  const found = new Set<ContextMember>();
  for (const { conditions } of policies) collect(conditions, found);
  return found;
}

function collect(node: unknown, found: Set<ContextMember>): void {
  if (typeof node !== 'object' || node === null) return;
  const member = accessed(node);
  if (member !== undefined) {
    for (const each of MEMBERS) if (member === each || member === '*') found.add(each);
    if (member !== '*') return;
  }
  for (const child of Object.values(node)) collect(child, found);
}

/** The member of `context.x` and `context has x`, `*` for the variable used whole, undefined for anything else. */
function accessed(node: object): string | undefined {
  if ('Var' in node && node.Var === 'context') return '*';
  const access = '.' in node ? node['.'] : 'has' in node ? node.has : undefined;
  if (typeof access !== 'object' || access === null || !('left' in access) || !('attr' in access))
    return undefined;
  const { left, attr } = access;
  const ofContext = typeof left === 'object' && left !== null && 'Var' in left && left.Var === 'context';
  if (!ofContext) return undefined;
  const first: unknown = Array.isArray(attr) ? attr[0] : attr;
  return typeof first === 'string' ? first : '*';
}
