import type { CedarPolicy } from './cedar.ts';
import { authorizeOnce, policyText, type CedarQuestion } from './cedar.ts';
import { decide, type Deciding } from './decide.ts';
import { cedarQuestion, placedScope, type PlacedScope } from './entities.ts';
import { factsOf } from './facts.ts';
import { lookedAt } from './looked-at.ts';
import type { LoadedPolicy } from './policy-set.ts';
import { headParts } from './policy-slices.ts';
import type { Explanation, NearPolicy, PolicyQuestion } from './port.ts';

/** Near policies beyond this many are of no help to a reader. */
const MAX_NEAR = 20;
/** Policies that one part of the head keeps out, whose conditions are looked into. */
const MAX_MISSED = 500;

/**
 * The answer to a question, and what nearly made it another: policies whose head fits and of whose conditions some do
 * not hold, and those that would apply but for one part of their head. Slower than `decide`, which it agrees with.
 */
export function explain(deciding: Deciding, question: PolicyQuestion): Explanation {
  const answer = decide(deciding, question);
  const scope = placedScope(question.evaluation, deciding.known);
  const determining = new Set(answer.policies.map(({ id }) => id));
  const candidates = deciding.slices.policies
    .filter(({ meaning }) => !determining.has(meaning.id))
    .map((policy) => ({ policy, lacks: lacksOf(policy.tree, scope) }))
    .filter(({ lacks }) => lacks.length <= 1)
    .sort((a, b) => a.lacks.length - b.lacks.length)
    .slice(0, MAX_MISSED);
  const seen = lookedAt(candidates.map(({ policy }) => policy.tree));
  const facts = factsOf(question.evaluation, deciding.catalog);
  const asked = cedarQuestion(question, scope, facts, seen, deciding.known);
  const failing = failingClauses(
    candidates.map(({ policy }) => policy),
    asked,
  );
  const nearly = candidates
    .map(({ policy, lacks }) => ({
      policy,
      lacks: [...lacks, ...(failing.get(policy.meaning.id) ?? [])],
      outside: lacks.length,
    }))
    // One that neither is asked this nor holds is not near.
    .filter(({ lacks, outside }) => lacks.length > 0 && (outside === 0 || lacks.length === 1))
    .slice(0, MAX_NEAR)
    .map(({ policy, lacks }) => nearPolicy(policy, lacks));
  return { answer, nearly };
}

function nearPolicy({ meaning, tree }: LoadedPolicy, lacks: readonly string[]): NearPolicy {
  const { id, reason, obligations } = meaning;
  return {
    id,
    effect: tree.effect,
    lacks,
    ...(reason === undefined ? {} : { reason }),
    ...(obligations === undefined ? {} : { obligations }),
  };
}

/** The parts of a head that do not fit. */
function lacksOf(tree: CedarPolicy, scope: PlacedScope): string[] {
  return headParts(tree, scope)
    .filter(({ fits }) => !fits)
    .map(({ part, asks }) => `${part} is not ${asks}`);
}

/** Each clause of each policy put by itself: which do not hold, by policy. */
function failingClauses(policies: readonly LoadedPolicy[], asked: CedarQuestion): Map<string, string[]> {
  const clauses = policies.flatMap(({ meaning, tree }) =>
    tree.conditions.map((clause, index) => ({
      policy: meaning.id,
      name: `${meaning.id} ${index}`,
      clause: alone(clause),
    })),
  );
  if (clauses.length === 0) return new Map();
  const { holding, errors } = authorizeOnce(
    Object.fromEntries(clauses.map(({ name, clause }) => [name, clause])),
    asked,
  );
  const failing = new Map<string, string[]>();
  for (const { policy, name, clause } of clauses) {
    if (holding.has(name)) continue;
    const error = errors.get(name);
    const why = `${conditionText(clause)} ${error === undefined ? 'does not hold' : `errors: ${error}`}`;
    failing.set(policy, [...(failing.get(policy) ?? []), why]);
  }
  return failing;
}

function alone(clause: CedarPolicy['conditions'][number]): CedarPolicy {
  return {
    effect: 'permit',
    principal: { op: 'All' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [clause],
  };
}

/** `when { ... }` on one line. */
function conditionText(policy: CedarPolicy): string {
  const text = policyText(policy).replaceAll(/\s+/g, ' ');
  return text
    .slice(text.search(/\b(?:when|unless) \{/))
    .replace(/;$/, '')
    .trim();
}
