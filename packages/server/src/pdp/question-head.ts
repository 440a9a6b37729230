import type { ActionFacts } from '@countersign/core';
import type { CedarEntity } from './cedar.ts';
import { cedarEntities, placedScope, type PlacedScope } from './entities.ts';
import type { KnownEntities } from './known-entities.ts';
import type { LookedAt } from './looked-at.ts';
import type { PolicySlices } from './policy-slices.ts';
import type { AgentFacts, PolicyQuestion } from './port.ts';
import { classedAttributes } from './question-class.ts';

/** Heads that are kept, and the longest single one in UTF-16 units. */
const MAX_KEPT = 4096;
const MAX_TEXT = 4096;

/** A question but for its context: who, what and to what, and what policies can see of these. */
export interface QuestionHead {
  readonly scope: PlacedScope;
  /** What the policies look at that can apply. */
  readonly lookedAt: LookedAt;
  readonly entities: CedarEntity[];
  /** One for all heads that are the same to these policies, and for no others. */
  readonly text: string;
}

interface Kept {
  readonly agent: AgentFacts;
  readonly facts: ActionFacts;
  readonly head: QuestionHead;
}

/**
 * The heads of questions put lately: an agent calls the same few tools again and again, and only its arguments are new.
 * A head depends on the names in it, on what the authority keeps of the agent, on the facts of a tool, and on one
 * loaded set.
 */
export class QuestionHeads {
  readonly #slices: PolicySlices;
  readonly #known: KnownEntities;
  readonly #kept = new Map<string, Kept>();

  constructor(slices: PolicySlices, known: KnownEntities) {
    this.#slices = slices;
    this.#known = known;
  }

  of(question: PolicyQuestion, facts: ActionFacts): QuestionHead {
    const { agent, evaluation, overlay } = question;
    const { subject, action, resource } = evaluation;
    // What a caller says of its entities is new each time.
    if (overlay && (subject.properties !== undefined || resource.properties !== undefined))
      return this.#made(question, facts);
    const name = JSON.stringify([
      subject.type,
      subject.id,
      action.name,
      resource.type,
      resource.id,
      agent.id,
    ]);
    const known = this.#kept.get(name);
    // Only tools carry facts.
    const knownFacts = resource.type === 'tool' ? known?.facts : facts;
    if (known !== undefined && knownFacts === facts && isSame(known.agent, agent)) return known.head;
    const head = this.#made(question, facts);
    // What was read from the arguments of one call is met in no other.
    const isRead = facts.touches !== undefined;
    if (isRead || name.length > MAX_TEXT || head.text.length > MAX_TEXT) return head;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(name, { agent, facts, head });
    return head;
  }

  #made(question: PolicyQuestion, facts: ActionFacts): QuestionHead {
    const scope = placedScope(question.evaluation, this.#known);
    const { lookedAt } = this.#slices.of(scope);
    const entities = cedarEntities(question, scope, facts, lookedAt, this.#known);
    const { principal, action, resource } = scope;
    const text = JSON.stringify([principal, action, resource, classedAttributes(entities, lookedAt)]);
    return { scope, lookedAt, entities, text };
  }
}

function isSame(one: AgentFacts, other: AgentFacts): boolean {
  return (
    one.name === other.name &&
    one.owner === other.owner &&
    one.status === other.status &&
    one.groups.length === other.groups.length &&
    one.groups.every((group, at) => group === other.groups[at])
  );
}
