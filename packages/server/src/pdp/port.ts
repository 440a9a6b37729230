import type {
  ActionFacts,
  ConsentQuestion,
  Evaluation,
  JsonObject,
  Obligations,
  Precondition,
  Prospect,
} from '@countersign/core';
import type { Duty } from './annotations.ts';

/** What the authority itself knows of the acting NHI; a caller can overlay none of it. */
export interface AgentFacts {
  readonly id: string;
  readonly name: string;
  /** The accountable human's e-mail address. */
  readonly owner: string;
  readonly status: 'active' | 'suspended';
  readonly groups: readonly string[];
}

/** One question to the policies. */
export interface PolicyQuestion {
  /** Parsed and shape-checked; its `properties` and `context` are still caller data. */
  readonly evaluation: Evaluation;
  /** Whether the caller's `properties` may overlay stored attributes: a PEP's may, an agent's own key's never. */
  readonly overlay: boolean;
  readonly agent: AgentFacts;
  readonly session: { readonly labels: readonly string[] };
}

interface Answered {
  readonly facts: ActionFacts;
  /** Ids of the determining policies, with their `@reason`. */
  readonly policies: ConsentQuestion['delta']['policies'];
  /** What they ask of the enforcement point. */
  readonly duties: readonly Duty[];
  readonly policy_version: string;
  readonly catalog_version: string;
}

/** The four-valued answer of design §2. `indeterminate` is enforced as a deny and never as a step-up. */
export type PolicyAnswer =
  | ({ readonly kind: 'permit' } & Answered)
  | ({
      readonly kind: 'step_up';
      readonly obligations: Obligations;
      readonly precondition?: Precondition;
    } & Answered)
  | ({ readonly kind: 'forbid' } & Answered)
  | ({ readonly kind: 'indeterminate'; readonly why: string } & Answered);

/** An answer, and what nearly made it another. */
export interface Explanation {
  readonly answer: PolicyAnswer;
  /** Those that only their conditions keep out first. */
  readonly nearly: readonly NearPolicy[];
}

/** A policy that does not apply, and why not. */
export interface NearPolicy {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly reason?: string;
  /** What it would ask for, where it would ask for consent. */
  readonly obligations?: Obligations;
  /** A part of its head that does not fit, or clauses that do not hold; one line each. */
  readonly lacks: readonly string[];
}

/** What a loaded set is, for the log and the console. */
export interface PolicySetInfo {
  /** Digest of all that can change an answer: files' names and bytes, outside-boundary default, evaluator. */
  readonly policy_version: string;
  readonly catalog_version: string;
  /** Every group that the set's `@step_up` annotations or the outside-boundary default name, sorted. */
  readonly groups: readonly string[];
  readonly policies: readonly {
    readonly id: string;
    readonly file: string;
    readonly annotations: JsonObject;
  }[];
}

/**
 * The policy decision point. `decide` is synchronous, total (it never throws: whatever fails is
 * `indeterminate`) and pure for one loaded set; a reload swaps the whole set between two calls.
 */
export interface Pdp {
  readonly info: PolicySetInfo;
  decide(question: PolicyQuestion): PolicyAnswer;
  /** What can come of a question whatever its arguments and the session are. Synchronous and total. */
  foresee(question: PolicyQuestion): Prospect;
  /** As `decide`, and why; for people who write policies, and too slow for anything else. May throw. */
  explain(question: PolicyQuestion): Explanation;
  /** The ids of the entities of a type that the set knows, from the configured file and the catalog; sorted. */
  entities(type: string): readonly string[];
  /** The names of the actions that policies or the configured file name; sorted. */
  readonly actions: readonly string[];
}
