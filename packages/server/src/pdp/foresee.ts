import type { Prospect } from '@countersign/core';
import type { OutsideBoundary, Deciding } from './decide.ts';
import { authorize, policyText, type CedarPolicy } from './cedar.ts';
import { findReservedKey } from './cedar-value.ts';
import { cedarQuestion, placedScope } from './entities.ts';
import { factsOf } from './facts.ts';
import { lookedAt, type LookedAt } from './looked-at.ts';
import type { PolicyQuestion } from './port.ts';
import type { LoadedPolicy } from './policy-set.ts';
import type { PolicySlices, Slice } from './policy-slices.ts';

const OPEN: Prospect = { kind: 'open' };

/**
 * What can come of a call, before anything of it is known but who calls what. A policy is cut into its clauses, and only
 * those are put that look at nothing a call brings or time changes: its arguments, what they add to its effects, the
 * session. INVARIANT: `never` is answered only where no arguments and no session could have it permitted, or people asked;
 * whatever is not known is answered as `open`. Total.
 */
export function foresee(deciding: Deciding, question: PolicyQuestion): Prospect {
  try {
    const { evaluation } = question;
    if (findReservedKey(evaluation as never) !== undefined) return OPEN;
    const scope = placedScope(evaluation, deciding.known);
    const slice = deciding.slices.of(scope);
    const isTool = evaluation.resource.type === 'tool';
    const reads = isTool && deciding.catalog.get(evaluation.resource.id)?.classify !== undefined;
    const clauses = clausesOf(deciding.slices, slice, reads);
    const facts = factsOf(evaluation, deciding.catalog);
    const asked = cedarQuestion(question, scope, facts, clauses.lookedAt, deciding.known);
    const holding = clauses.setId === undefined ? [] : holdingIn(authorize(clauses.setId, asked));
    return holding === undefined ? OPEN : prospect(clauses.policies, new Set(holding), deciding);
  } catch {
    return OPEN;
  }
}

/** A policy as far as it is known before a call. */
interface CutPolicy {
  readonly policy: LoadedPolicy;
  /** The names of its clauses that can be put. */
  readonly known: readonly string[];
  /** Whether these are all it has. */
  readonly whole: boolean;
}

interface Clauses {
  /** Undefined where there is no clause to put. */
  readonly setId: string | undefined;
  readonly lookedAt: LookedAt;
  readonly policies: readonly CutPolicy[];
}

function holdingIn(answer: ReturnType<typeof authorize>): readonly string[] | undefined {
  // Every clause is a permit of its own, so a denial is that none holds.
  return answer.kind === 'broken' ? undefined : answer.determining;
}

function prospect(
  policies: readonly CutPolicy[],
  holding: ReadonlySet<string>,
  { outside_boundary }: { readonly outside_boundary: OutsideBoundary },
): Prospect {
  const possible = policies.filter(({ known }) => known.every((name) => holding.has(name)));
  if (possible.some(({ policy, whole }) => whole && policy.tree.effect === 'forbid'))
    return { kind: 'never' };
  const permits = possible.filter(({ policy }) => policy.tree.effect === 'permit');
  const outside = outside_boundary === 'forbid' ? [] : [outside_boundary.step_up];
  if (permits.length === 0 && outside.length === 0) return { kind: 'never' };
  // One permit that asks for nothing is enough, whatever others ask for.
  const free = permits.filter(({ policy }) => policy.meaning.obligations === undefined);
  if (free.some(({ whole }) => whole)) return OPEN;
  const asking = permits.filter(({ policy }) => policy.meaning.obligations !== undefined);
  const certain = asking.filter(({ whole }) => whole);
  // Outside the boundary is where no permit holds, so not where one surely does.
  const groups = [
    ...(certain.length > 0 ? certain : asking).flatMap(groupsOf),
    ...(certain.length > 0 ? [] : outside),
  ];
  if (groups.length === 0) return OPEN;
  const kind = free.length === 0 ? 'consent' : 'perhaps_consent';
  return { kind, groups: [...new Set(groups)].sort() };
}

function groupsOf({ policy }: CutPolicy): readonly string[] {
  return (policy.meaning.obligations?.groups ?? []).map(({ group }) => group);
}

/** By slice, for tools whose arguments are read and for all others. A slice's name may come to be another's, a slice not. */
const cut = new WeakMap<Slice, { plain?: Clauses; reading?: Clauses }>();

function clausesOf(slices: PolicySlices, slice: Slice, reads: boolean): Clauses {
  const known = cut.get(slice) ?? {};
  cut.set(slice, known);
  return reads
    ? (known.reading ??= cutPolicies(slices, slice, true))
    : (known.plain ??= cutPolicies(slices, slice, false));
}

function cutPolicies(slices: PolicySlices, slice: Slice, reads: boolean): Clauses {
  const trees = new Map<string, CedarPolicy>();
  const policies = slice.policies.map((policy): CutPolicy => {
    const clauses = policy.tree.conditions.flatMap(conjuncts);
    const known = clauses.filter((clause) => isKnown(clause, reads));
    const names = known.map((clause, index) => {
      const name = `${policy.meaning.id} ${index}`;
      trees.set(name, alone(clause));
      return name;
    });
    return { policy, known: names, whole: known.length === clauses.length };
  });
  const texts = Object.fromEntries([...trees].map(([name, tree]) => [name, policyText(tree)]));
  return {
    setId: trees.size === 0 ? undefined : slices.keepBeside(slice, reads ? 'reading' : 'plain', texts),
    lookedAt: lookedAt([...trees.values()]),
    policies,
  };
}

type Clause = CedarPolicy['conditions'][number];

/** A clause as several that must all hold. What Cedar leaves out of one that fails early can only have it fail, too. */
function conjuncts({ kind, body }: Clause): Clause[] {
  const parts = kind === 'when' ? '&&' in body && body['&&'] : '||' in body && body['||'];
  if (typeof parts !== 'object' || !('left' in parts)) return [{ kind, body }];
  return [parts.left, parts.right].flatMap((part) => conjuncts({ kind, body: part }));
}

/** What reading the arguments adds to. */
const READ_FROM_ARGUMENTS = ['effects', 'outward', 'touches'] as const;

/** Whether a clause looks at nothing that only a call brings. */
function isKnown(clause: Clause, reads: boolean): boolean {
  const { context, attributes } = lookedAt([alone(clause)]);
  if ([...context.keys()].some((member) => member !== 'agent')) return false;
  return !reads || !READ_FROM_ARGUMENTS.some((name) => attributes.has(name));
}

function alone(clause: Clause): CedarPolicy {
  const any = { op: 'All' } as const;
  return { effect: 'permit', principal: any, action: any, resource: any, conditions: [clause] };
}
