import type { JsonObject } from '../json/value.ts';
import type { PepObligation } from './pep-obligation.ts';
import type { Action, Evaluation, Resource, Subject } from './evaluation.ts';

/** What a search is for; `id` and `properties` of what is searched for say nothing. AuthZEN 1.0 §8. */
export type Search =
  | {
      readonly find: 'subject';
      readonly subject: Pick<Subject, 'type'>;
      readonly action: Action;
      readonly resource: Resource;
      readonly context?: JsonObject;
      readonly page?: SearchPage;
    }
  | {
      readonly find: 'resource';
      readonly subject: Subject;
      readonly action: Action;
      readonly resource: Pick<Resource, 'type'>;
      readonly context?: JsonObject;
      readonly page?: SearchPage;
    }
  | {
      readonly find: 'action';
      readonly subject: Subject;
      readonly resource: Resource;
      readonly context?: JsonObject;
      readonly page?: SearchPage;
    };

/** Which part of the results is asked for. AuthZEN 1.0 §8.2.1. */
export interface SearchPage {
  /** The `next_token` of the page before. */
  readonly token?: string;
  readonly limit?: number;
}

/** What a search found. AuthZEN 1.0 §8.3. */
export interface SearchResult {
  readonly page: {
    /** Empty when nothing is left. */
    readonly next_token: string;
    readonly count: number;
  };
  readonly results: readonly (({ readonly type: string; readonly id: string } | { readonly name: string }) & {
    /** What must be done before this one result may be used. Obligations profile §"Obligations and Search Requests". */
    readonly obligations?: readonly PepObligation[];
  })[];
}

/** How many of a batch are evaluated. AuthZEN 1.0 §7.1.2.1. */
export type EvaluationsSemantic = 'execute_all' | 'deny_on_first_deny' | 'permit_on_first_permit';

/** One of a batch that could not be asked at all. */
export interface FailedEvaluation {
  readonly decision: false;
  readonly context: { readonly error: { readonly status: number; readonly message: string } };
}

/** One of a batch: what is asked, or why it cannot be. */
export type BatchItem = Evaluation | FailedEvaluation;
