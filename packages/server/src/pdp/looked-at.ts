import type { CedarPolicy } from './cedar.ts';
import { testIn, ValueTests, type ValueTest } from './value-tests.ts';

/** What the context of every question has. Design §3. */
export type ContextMember = 'agent' | 'action' | 'request' | 'session';

/**
 * All of a value, what it is to some tests, or of a record only these members; of a record of no members, whether it is
 * there at all.
 */
export type Part = 'all' | ValueTests | ReadonlyMap<string, Part>;

/** The parts of a question that can make a difference to some policies. */
export interface LookedAt {
  readonly context: ReadonlyMap<ContextMember, Part>;
  /** Attributes by name, of whatever entity. */
  readonly attributes: ReadonlyMap<string, Part>;
  /** Whether anything is asked to be `in` something. */
  readonly hierarchy: boolean;
  /** Whether of any value only tests are made. */
  readonly tested: boolean;
}

const MEMBERS: readonly ContextMember[] = ['agent', 'action', 'request', 'session'];

/**
 * What the policies name: of the context the members that they go through, or all where one uses it in any other way,
 * and attributes. Putting a question into Cedar's words is most of what an answer costs, and a tool's arguments may be
 * megabytes.
 */
export function lookedAt(policies: readonly CedarPolicy[]): LookedAt {
  const found: Found = { context: new Map(), attributes: new Map() };
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
    tested: isTested(context) || isTested(found.attributes),
  };
}

function isTested(parts: ReadonlyMap<string, Part>): boolean {
  return [...parts.values()].some((part) => part instanceof ValueTests || (part !== 'all' && isTested(part)));
}

type Growing = 'all' | ValueTests | Map<string, Growing>;

/** What is done with a value: anything, looking whether it is there, or a test. */
type Use = 'any' | 'presence' | ValueTest;

interface Found {
  context: 'all' | Map<string, Growing>;
  readonly attributes: Map<string, Growing>;
}

function collect(node: unknown, found: Found): void {
  if (typeof node !== 'object' || node === null) return;
  const tested = testIn(node);
  const operand = tested === undefined ? undefined : accessIn(tested.of);
  // Whether something is there may be compared, too; that is no test of its value.
  if (tested !== undefined && operand?.use === 'any') {
    // What stands beside it is written out, and so looks at nothing.
    collectAccess({ ...operand, use: tested.test }, found);
    return;
  }
  const access = accessIn(node);
  if (access !== undefined) {
    collectAccess(access, found);
    return;
  }
  if (isContext(node)) found.context = 'all';
  for (const child of Object.values(node)) collect(child, found);
}

function collectAccess({ left, names, use }: Access, found: Found): void {
  const path = pathFromContext(left);
  if (path === undefined) {
    growNames(found.attributes, names, use);
    collect(left, found);
    return;
  }
  const [member, ...inner] = [...path, ...names];
  // The rest of a question holds no entities.
  if (member === 'agent') growNames(found.attributes, inner, use);
  if (found.context === 'all' || member === undefined) return;
  const whole = typeof use === 'object' && (member === 'agent' || inner.length === 0);
  found.context.set(member, grown(found.context.get(member), inner, whole ? 'any' : use));
}

/** The names of one path, each an attribute of whatever: only the last one is used so. */
function growNames(attributes: Map<string, Growing>, names: readonly string[], use: Use): void {
  names.forEach((name, index) => {
    attributes.set(name, grown(attributes.get(name), [], index < names.length - 1 ? 'any' : use));
  });
}

/** With one more use of what is at the end of a path. */
function grown(part: Growing | undefined, [name, ...rest]: readonly string[], use: Use): Growing {
  if (part === 'all') return part;
  if (name !== undefined) {
    // A record to one policy and a text to another: which it is makes a difference.
    if (part instanceof ValueTests) return 'all';
    const members = part ?? new Map<string, Growing>();
    return members.set(name, grown(members.get(name), rest, use));
  }
  if (use === 'any') return 'all';
  if (use === 'presence') return part ?? new Map<string, Growing>();
  if (part instanceof ValueTests) return part.add(use);
  return part === undefined || part.size === 0 ? new ValueTests().add(use) : 'all';
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
  readonly use: Use;
}

/** The parts of `left.name` and `left has name.name`, undefined for anything else. */
function accessIn(node: unknown): Access | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const value = '.' in node;
  const access: unknown = value ? node['.'] : 'has' in node ? node.has : undefined;
  if (typeof access !== 'object' || access === null || !('left' in access) || !('attr' in access))
    return undefined;
  const names: readonly unknown[] = Array.isArray(access.attr) ? access.attr : [access.attr];
  if (!names.every((name) => typeof name === 'string')) return undefined;
  return { left: access.left, names, use: value ? 'any' : 'presence' };
}

/** The names of `context.a.b`, none for `context`; undefined for anything else. */
function pathFromContext(node: unknown): readonly string[] | undefined {
  if (isContext(node)) return [];
  const access = accessIn(node);
  if (access?.use !== 'any') return undefined;
  const path = pathFromContext(access.left);
  return path === undefined ? undefined : [...path, ...access.names];
}

function isContext(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'Var' in node && node.Var === 'context';
}
