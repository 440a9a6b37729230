import {
  ConsentError,
  type BatchItem,
  type Decision,
  type EvaluationsSemantic,
  type FailedEvaluation,
} from '@countersign/core';
import type { AuthorityParts } from '../parts.ts';
import type { Caller } from '../principal/port.ts';
import { decide } from './decide.ts';

type Answer = Decision | FailedEvaluation;

/** After which answer a semantic asks no further. AuthZEN 1.0 §7.1.2.1. */
const STOPS: Record<EvaluationsSemantic, (answer: Answer) => boolean> = {
  execute_all: () => false,
  deny_on_first_deny: (answer) => !answer.decision,
  permit_on_first_permit: (answer) => answer.decision,
};

/**
 * Answers many questions in order. INVARIANT: none of them claims: an answer that is lost with the others could not
 * be told from one that was used. What cannot be asked is answered as a denial of its own.
 */
export async function decideAll(
  parts: AuthorityParts,
  caller: Caller,
  items: readonly BatchItem[],
  semantic: EvaluationsSemantic,
): Promise<readonly Answer[]> {
  // Together, so that their entries share a commit.
  if (semantic === 'execute_all')
    return await Promise.all(items.map((item) => answerTo(parts, caller, item)));
  const answers: Answer[] = [];
  for (const item of items) {
    const answer = await answerTo(parts, caller, item);
    answers.push(answer);
    if (STOPS[semantic](answer)) break;
  }
  return answers;
}

async function answerTo(parts: AuthorityParts, caller: Caller, item: BatchItem): Promise<Answer> {
  if ('decision' in item) return item;
  if (item.context?.['approval'] !== undefined) {
    return failed(400, 'an approval is claimed by an evaluation of its own, not in a batch');
  }
  try {
    return await decide(parts, caller, item);
  } catch (error) {
    if (!(error instanceof ConsentError)) throw error;
    return failed(error.code === 'forbidden' ? 403 : 400, error.message);
  }
}

/** The answer to what cannot be asked. */
export function failed(status: number, message: string): FailedEvaluation {
  return { decision: false, context: { error: { status, message } } };
}
