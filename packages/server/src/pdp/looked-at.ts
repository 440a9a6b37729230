import type { CedarPolicy } from './cedar.ts';

/** What the context of every question has. Design §3. */
export type ContextMember = 'agent' | 'action' | 'request' | 'session';

/** All of a value, or of a record only these members; of a record of no members, whether it is there at all. */
export type Part = 'all' | ReadonlyMap<string, Part>;

/** The parts of a question that can make a difference to some policies. */
export interface LookedAt {
  readonly context: ReadonlyMap<ContextMember, Part>;
  /** Names of attributes, of whatever entity. */
  readonly attributes: ReadonlySet<string>;
  /** Whether anything is asked to be `in` something. */
  readonly hierarchy: boolean;
}

const MEMBERS: readonly ContextMember[] = ['agent', 'action', 'request', 'session'];

/**
 * What the policies name: of the context the members that they go through, or all where one uses it in any other way,
 * and attributes. Putting a question into Cedar's words is most of what an answer costs, and a tool's arguments may be
 * megabytes.
 */
export function lookedAt(policies: readonly CedarPolicy[]): LookedAt {
  const found: Found = { context: new Map(), attributes: new Set() };
  for (const { conditions } of policies) collect(conditions, found);
  const context = new Map<ContextMember, Part>();
  for (const member of MEMBERS) {
    const part = found.context === 'all' ? 'all' : found.context.get(member);
    if (part !== undefined) context.set(member, part);
  }
  // A record with a member called `in` counts too, which costs little.
  return {
    context,
    attributes: found.attributes,
    hierarchy: policies.some((policy) => hasIn(policy)),
  };
}

type Growing = 'all' | Map<string, Growing>;

interface Found {
  context: Growing;
  readonly attributes: Set<string>;
}

function collect(node: unknown, found: Found): void {
  if (typeof node !== 'object' || node === null) return;
  const access = accessIn(node);
  if (access !== undefined) {
    const path = pathFromContext(access.left);
    if (path !== undefined) {
      const [member, ...names] = [...path, ...access.names];
      found.context = grown(found.context, [member, ...names], access.value);
      // The rest of a question holds no entities.
      if (member === 'agent') for (const name of names) found.attributes.add(name);
      return;
    }
    for (const name of access.names) found.attributes.add(name);
  } else if (isContext(node)) found.context = 'all';
  for (const child of Object.values(node)) collect(child, found);
}

/** With one more path: all of what is at its end, or only whether that is there. */
function grown(part: Growing, [name, ...rest]: readonly (string | undefined)[], value: boolean): Growing {
  if (part === 'all' || (name === undefined && value)) return 'all';
  if (name !== undefined) part.set(name, grown(part.get(name) ?? new Map<string, Growing>(), rest, value));
  return part;
}

function hasIn({ principal, resource, conditions }: CedarPolicy): boolean {
  return principal.op === 'in' || resource.op === 'in' || mentionsIn([principal, resource, conditions]);
}

function mentionsIn(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return 'in' in node || Object.values(node).some(mentionsIn);
}

interface Access {
  readonly left: unknown;
  readonly names: readonly string[];
  /** Whether the value is used, or only its being there. */
  readonly value: boolean;
}

/** The parts of `left.name` and `left has name.name`, undefined for anything else. */
function accessIn(node: object): Access | undefined {
  const value = '.' in node;
  const access: unknown = value ? node['.'] : 'has' in node ? node.has : undefined;
  if (typeof access !== 'object' || access === null || !('left' in access) || !('attr' in access))
    return undefined;
  const names: readonly unknown[] = Array.isArray(access.attr) ? access.attr : [access.attr];
  return names.every((name) => typeof name === 'string') ? { left: access.left, names, value } : undefined;
}

/** The names of `context.a.b`, none for `context`; undefined for anything else. */
function pathFromContext(node: unknown): readonly string[] | undefined {
  if (isContext(node)) return [];
  const access = typeof node === 'object' && node !== null ? accessIn(node) : undefined;
  if (access?.value !== true) return undefined;
  const path = pathFromContext(access.left);
  return path === undefined ? undefined : [...path, ...access.names];
}

function isContext(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'Var' in node && node.Var === 'context';
}
