import type { ActionFacts, DeterminingPolicy, JsonObject, Obligations } from '@countersign/core';
import { mergeObligations, RISKIEST } from '@countersign/core';
import type { AnswerMemo } from './answer-memo.ts';
import { defaultObligations, OUTSIDE_BOUNDARY, type PolicyMeaning } from './annotations.ts';
import type { ToolCatalog } from './catalog.ts';
import { authorize } from './cedar.ts';
import { findReservedKey } from './cedar-value.ts';
import { cedarContext } from './entities.ts';
import { factsOf, preconditionOf } from './facts.ts';
import type { KnownEntities } from './known-entities.ts';
import type { PolicySlices } from './policy-slices.ts';
import type { PolicyAnswer, PolicyQuestion } from './port.ts';
import type { QuestionHeads } from './question-head.ts';

/** What is answered where no policy permits and none forbids. */
export type OutsideBoundary = 'forbid' | { readonly step_up: string };

/** All that an answer depends on besides the question. */
export interface Deciding {
  readonly slices: PolicySlices;
  readonly heads: QuestionHeads;
  readonly memo: AnswerMemo;
  readonly meanings: ReadonlyMap<string, PolicyMeaning>;
  readonly catalog: ToolCatalog;
  readonly known: KnownEntities;
  readonly outside_boundary: OutsideBoundary;
  readonly policy_version: string;
  readonly catalog_version: string;
}

type Verdict =
  | { readonly kind: 'permit' | 'forbid'; readonly policies: readonly DeterminingPolicy[] }
  | {
      readonly kind: 'step_up';
      readonly policies: readonly DeterminingPolicy[];
      readonly obligations: Obligations;
    };

/** The four-valued answer to one question. Total: whatever fails is `indeterminate`. Design §2, §3. */
export function decide(deciding: Deciding, question: PolicyQuestion): PolicyAnswer {
  const { policy_version, catalog_version } = deciding;
  let facts: ActionFacts = RISKIEST;
  const indeterminate = (why: string): PolicyAnswer => {
    return { kind: 'indeterminate', why, facts, policies: [], duties: [], policy_version, catalog_version };
  };
  try {
    const reserved = findReservedKey(question.evaluation as unknown as JsonObject);
    if (reserved !== undefined) return indeterminate(`reserved key at ${reserved}`);
    facts = factsOf(question.evaluation, deciding.catalog);
    const head = deciding.heads.of(question, facts);
    const context = cedarContext(question, head.lookedAt);
    const answer = deciding.memo.answer(head, context, () => {
      const { principal, action, resource } = head.scope;
      const asked = { principal, action, resource, context, entities: head.entities };
      return authorize(deciding.slices.of(head.scope).setId, asked);
    });
    if (answer.kind === 'broken') return indeterminate(answer.why);
    const determining = [...answer.determining].sort().map((id) => meaningOf(deciding, id));
    const verdict =
      answer.kind === 'allow' ? allowed(determining) : denied(determining, deciding.outside_boundary);
    const duties = verdict.policies.flatMap(({ id }) => deciding.meanings.get(id)?.duties ?? []);
    const precondition =
      verdict.kind === 'step_up' ? preconditionOf(question.evaluation, deciding.catalog) : undefined;
    return {
      ...verdict,
      ...(precondition === undefined ? {} : { precondition }),
      duties,
      facts,
      policy_version,
      catalog_version,
    };
  } catch (error) {
    // Fail closed: here ends every failure between a question and its answer.
    return indeterminate(error instanceof Error ? error.message : 'unknown failure');
  }
}

function meaningOf({ meanings }: Deciding, id: string): PolicyMeaning {
  const meaning = meanings.get(id);
  if (meaning === undefined) throw new Error(`policy \`${id}\` is not of this set`);
  return meaning;
}

/** A permit that asks for nothing is the boundary; otherwise the strictest merge of what they all ask for. */
function allowed(permits: readonly PolicyMeaning[]): Verdict {
  const free = permits.filter(({ obligations }) => obligations === undefined);
  if (free.length > 0) return { kind: 'permit', policies: free.map(named) };
  const [first, ...rest] = permits.flatMap(({ obligations }) => obligations ?? []);
  if (first === undefined) throw new Error('allowed by no policy');
  return { kind: 'step_up', policies: permits.map(named), obligations: mergeObligations([first, ...rest]) };
}

function denied(forbids: readonly PolicyMeaning[], outside: OutsideBoundary): Verdict {
  if (forbids.length > 0) return { kind: 'forbid', policies: forbids.map(named) };
  if (outside === 'forbid') return { kind: 'forbid', policies: [] };
  const policy = { id: OUTSIDE_BOUNDARY, reason: 'no policy permits this without consent' };
  return { kind: 'step_up', policies: [policy], obligations: defaultObligations(outside.step_up) };
}

function named({ id, reason }: PolicyMeaning): DeterminingPolicy {
  return reason === undefined ? { id } : { id, reason };
}
