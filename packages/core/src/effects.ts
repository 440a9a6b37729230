/** What an action does to the world, mildest first. Design §1. */
export const EFFECTS = [
  'read',
  'create',
  'update',
  'delete',
  'execute',
  'export',
  'grant',
  'secret',
  'network',
  'spend',
] as const;

export type Effect = (typeof EFFECTS)[number];

/** What is known of an action from the reviewed catalog, never from the caller. */
export interface ActionFacts {
  /** Sorted as in EFFECTS; an unreviewed or changed tool has all of them. */
  readonly effects: readonly Effect[];
  /** What its result carries: `confidential`, `untrusted`, `secret`, `personal` ... */
  readonly labels: readonly string[];
  /** Whether it reaches outside the organisation. */
  readonly outward: boolean;
  /** Whether a person reviewed this very definition. */
  readonly reviewed: boolean;
  /** Why it has these effects, from reading the arguments; they quote untrusted text. Absent where none were read. */
  readonly because?: readonly string[];
  /** What the arguments name, as `<kind>:<name>`; untrusted text. */
  readonly touches?: readonly string[];
}

/** The facts of whatever nobody reviewed: every effect, outward. */
export const RISKIEST: ActionFacts = { effects: EFFECTS, labels: [], outward: true, reviewed: false };
