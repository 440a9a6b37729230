import type { CedarPolicy } from './cedar.ts';

/** What the context of every question has. Design §3. */
export type ContextMember = 'agent' | 'action' | 'request' | 'session';

/** The parts of a question that can make a difference to some policies. */
export interface LookedAt {
  readonly context: ReadonlySet<ContextMember>;
  /** Names of attributes, of whatever entity. */
  readonly attributes: ReadonlySet<string>;
  /** Whether anything is asked to be `in` something. */
  readonly hierarchy: boolean;
}

const MEMBERS: readonly ContextMember[] = ['agent', 'action', 'request', 'session'];

/**
 * What the policies name: members of the context, or all where one uses `context` in any other way, and attributes.
 * Putting a question into Cedar's words is most of what an answer costs, and a tool's arguments may be megabytes.
 */
export function lookedAt(policies: readonly CedarPolicy[]): LookedAt {
  const found = { context: new Set<ContextMember>(), attributes: new Set<string>() };
  for (const { conditions } of policies) collect(conditions, found);
  // A record with a member called `in` counts too, which costs little.
  return { ...found, hierarchy: policies.some((policy) => hasIn(policy)) };
}

interface Found {
  readonly context: Set<ContextMember>;
  readonly attributes: Set<string>;
}

function collect(node: unknown, found: Found): void {
  if (typeof node !== 'object' || node === null) return;
  const access = accessIn(node);
  if (access !== undefined) {
    for (const name of access.names) found.attributes.add(name);
    if (isContext(access.left)) {
      for (const member of MEMBERS) if (member === access.names[0]) found.context.add(member);
      return;
    }
  } else if (isContext(node)) {
    for (const member of MEMBERS) found.context.add(member);
  }
  for (const child of Object.values(node)) collect(child, found);
}

function hasIn({ principal, resource, conditions }: CedarPolicy): boolean {
  return principal.op === 'in' || resource.op === 'in' || mentionsIn([principal, resource, conditions]);
}

function mentionsIn(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return 'in' in node || Object.values(node).some(mentionsIn);
}

/** The parts of `left.name` and `left has name.name`, undefined for anything else. */
function accessIn(node: object): { readonly left: unknown; readonly names: readonly string[] } | undefined {
  const access: unknown = '.' in node ? node['.'] : 'has' in node ? node.has : undefined;
  if (typeof access !== 'object' || access === null || !('left' in access) || !('attr' in access))
    return undefined;
  const names: readonly unknown[] = Array.isArray(access.attr) ? access.attr : [access.attr];
  return names.every((name) => typeof name === 'string') ? { left: access.left, names } : undefined;
}

function isContext(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'Var' in node && node.Var === 'context';
}
