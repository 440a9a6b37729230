import type {
  BatchItem,
  Evaluation,
  EvaluationsSemantic,
  JsonObject,
  JsonValue,
  Search,
  SearchPage,
} from '@countersign/core';
import { ConsentError } from '@countersign/core';
import type { z } from 'zod';
import { refuseReserved, reservedIn } from './reserved.ts';
import * as schemas from './schemas.ts';

/** Questions in one batch; each is an entry of its own in the log. */
const MAX_ITEMS = 1000;

/** A batch as it is asked, or the single evaluation that a body without `evaluations` is. AuthZEN 1.0 §7.1. */
export function batchOf(
  body: z.output<typeof schemas.evaluations>,
): { readonly items: readonly BatchItem[]; readonly semantic: EvaluationsSemantic } | undefined {
  const { evaluations = [] } = body;
  if (evaluations.length === 0) return undefined;
  if (evaluations.length > MAX_ITEMS)
    throw new ConsentError('invalid_request', `evaluations: more than ${MAX_ITEMS}`);
  return {
    items: evaluations.map((item) => itemOf(body as unknown as JsonObject, item as JsonObject)),
    semantic: body.options?.evaluations_semantic ?? 'execute_all',
  };
}

/** What a batch asks, every item of it. Throws `invalid_request`. */
export function questionsOf(body: z.output<typeof schemas.evaluations>): readonly Evaluation[] {
  return (batchOf(body)?.items ?? []).map((item) => {
    if ('decision' in item) throw new ConsentError('invalid_request', item.context.error.message);
    return item;
  });
}

/** What a body without `evaluations` asks. Throws `invalid_request`. */
export function singleOf(body: unknown): Evaluation {
  const checked = schemas.evaluation.safeParse(body);
  if (!checked.success) throw new ConsentError('invalid_request', firstProblem(checked.error));
  refuseReserved(body as Evaluation);
  return body as Evaluation;
}

/** An entity that an item leaves out is the batch's own, whole; what is then not a question fails alone. */
function itemOf(defaults: JsonObject, item: JsonObject): BatchItem {
  const merged: Record<string, JsonValue> = {};
  for (const member of ['subject', 'action', 'resource', 'context']) {
    const value = Object.hasOwn(item, member) ? item[member] : defaults[member];
    if (value !== undefined) merged[member] = value;
  }
  const checked = schemas.evaluation.safeParse(merged);
  if (!checked.success) return failed(firstProblem(checked.error));
  const question = merged as unknown as Evaluation;
  const reserved = reservedIn(question);
  return reserved === undefined ? question : failed(`${reserved} is a reserved key`);
}

function failed(message: string): BatchItem {
  return { decision: false, context: { error: { status: 400, message } } };
}

function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not valid'}`;
}

/** A search as it is asked; the id of what is searched for is ignored. AuthZEN 1.0 §8.4. */
export function searchOf(find: Search['find'], body: JsonObject): Search {
  const { subject, action, resource, context, page } = body as unknown as Evaluation & { page?: SearchPage };
  refuseReserved({ subject, action, resource, ...(context === undefined ? {} : { context }) });
  const rest = { ...(context === undefined ? {} : { context }), ...(page === undefined ? {} : { page }) };
  switch (find) {
    case 'subject':
      return { find, subject: { type: subject.type }, action, resource, ...rest };
    case 'resource':
      return { find, subject, action, resource: { type: resource.type }, ...rest };
    case 'action':
      return { find, subject, resource, ...rest };
  }
}
