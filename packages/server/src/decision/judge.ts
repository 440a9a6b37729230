import {
  ConsentError,
  isObject,
  mergeObligations,
  type Evaluation,
  type JsonObject,
  type JsonValue,
} from '@countersign/core';
import type { AuthorityParts } from '../parts.ts';
import type { PolicyAnswer, PolicyQuestion } from '../pdp/port.ts';

/** Questions that one evaluation may bring with it. */
const MAX_DECLARED = 16;

/**
 * What policy says of a question and of those that its `context.declared` asks beside it, such as a tool's declared
 * mapping (COAZ), and what it would say to each agent above in the delegation chain: the strictest of all answers, with
 * what all of them ask for. INVARIANT: a declared question, and whoever stands above, can only make the answer stricter,
 * so that whoever declares it, and it may be the one that is being judged, gains nothing, and a sub-agent never has
 * more than the chain above it. The facts are always those of the question itself.
 */
export function judge(
  parts: AuthorityParts,
  question: PolicyQuestion,
  above: readonly Omit<PolicyQuestion, 'evaluation'>[] = [],
): PolicyAnswer {
  const { evaluation, ...around } = question;
  const declared = declaredIn(evaluation);
  const own = parts.pdp.decide(question);
  const others = above.map((each) => ({ evaluation: askedBy(each.agent.id, evaluation), ...each }));
  return [
    ...others,
    ...[around, ...above].flatMap((each) => declared.map((put) => ({ evaluation: put, ...each }))),
  ]
    .map((each) => parts.pdp.decide(each))
    .reduce(stricter, own);
}

/** The question as it would be if that agent had asked it. */
export function askedBy(agent: string, evaluation: Evaluation): Evaluation {
  return { ...evaluation, context: { ...evaluation.context, agent } };
}

const STRICTNESS: Record<PolicyAnswer['kind'], number> = {
  permit: 0,
  step_up: 1,
  forbid: 2,
  indeterminate: 3,
};

function stricter(a: PolicyAnswer, b: PolicyAnswer): PolicyAnswer {
  if (a.kind === 'step_up' && b.kind === 'step_up') {
    const named = new Map([...a.policies, ...b.policies].map((policy) => [policy.id, policy]));
    return {
      ...a,
      policies: [...named.values()],
      obligations: mergeObligations([a.obligations, b.obligations]),
    };
  }
  const strict = STRICTNESS[b.kind] > STRICTNESS[a.kind] ? b : a;
  // Both must be met for a permit; a denial's duties are those of what denies.
  const duties = strict.kind === 'permit' ? [...a.duties, ...b.duties] : strict.duties;
  return { ...strict, duties, facts: a.facts };
}

/** The declared questions. Throws `invalid_request`. */
export function declaredIn({ subject, context }: Evaluation): readonly Evaluation[] {
  const declared = context?.['declared'];
  if (declared === undefined) return [];
  if (!Array.isArray(declared) || declared.length > MAX_DECLARED)
    throw malformed(`must list up to ${MAX_DECLARED}`);
  return (declared as readonly JsonValue[]).map((each) => checked(each, subject.id));
}

function checked(value: JsonValue, subjectId: string): Evaluation {
  const { subject, action, resource, context } = objectOf(value);
  if (!isEntity(subject) || !isEntity(resource)) throw malformed('each must have a subject and a resource');
  if (!isObject(action) || typeof action['name'] !== 'string') throw malformed('each must have an action');
  if (subject['id'] !== subjectId) throw malformed('none may have another subject');
  for (const { properties } of [subject, action, resource])
    if (properties !== undefined && !isObject(properties)) throw malformed('properties must be an object');
  if (context !== undefined && !isObject(context)) throw malformed('context must be an object');
  return value as unknown as Evaluation;
}

function objectOf(value: JsonValue): JsonObject {
  if (!isObject(value)) throw malformed('each must be an object');
  return value;
}

function isEntity(value: JsonValue | undefined): value is JsonObject {
  return isObject(value) && typeof value['type'] === 'string' && typeof value['id'] === 'string';
}

function malformed(what: string): ConsentError {
  return new ConsentError('invalid_request', `context.declared: ${what}`);
}
