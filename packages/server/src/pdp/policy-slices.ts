import { dropPolicies, keepPolicies, type CedarPolicy, type CedarScope, type CedarUid } from './cedar.ts';
import { lookedAt, type LookedAt } from './looked-at.ts';
import type { LoadedPolicy } from './policy-set.ts';

/** The policies of a set whose scope can match a question, kept in Cedar's memory. */
export interface Slice {
  readonly setId: string;
  readonly lookedAt: LookedAt;
}

/** What a policy's head says it applies to; undefined applies to everything. */
interface Scope {
  readonly principal: string | undefined;
  readonly actions: readonly string[] | undefined;
  readonly resource: string | undefined;
}

/** Cedar looks at every policy of a set: 3.5 ms for a thousand of them. Beyond this many slices we pay that. */
const MAX_SLICES = 512;

let loads = 0;

/**
 * A set cut by scope: principal type, action, resource type. A policy left out of a slice cannot apply to its
 * questions, and its conditions, where errors come from, would not have been evaluated.
 */
export class PolicySlices {
  readonly #load: number = ++loads;
  readonly #scoped: readonly { readonly policy: LoadedPolicy; readonly scope: Scope }[];
  readonly #named: { readonly [part in keyof Scope]: ReadonlySet<string | undefined> };
  readonly #slices = new Map<string, Slice>();

  /** Keeps the whole set in Cedar's memory, which also proves that Cedar takes it; throws where it does not. */
  constructor(policies: readonly LoadedPolicy[]) {
    this.#scoped = policies.map((policy) => ({ policy, scope: scopeOf(policy.tree) }));
    const scopes = this.#scoped.map(({ scope }) => scope);
    this.#named = {
      principal: new Set(scopes.map(({ principal }) => principal)),
      actions: new Set(scopes.flatMap(({ actions }) => actions ?? [])),
      resource: new Set(scopes.map(({ resource }) => resource)),
    };
    this.#keep('*', policies);
  }

  /** The slice for a question of these types and this action. */
  of(question: CedarScope): Slice {
    // INVARIANT: a key has only names that the policies use, so that callers cannot make slices without end.
    const principal = this.#known('principal', question.principal.type);
    const action = this.#known('actions', question.action.id);
    const resource = this.#known('resource', question.resource.type);
    const key = JSON.stringify([principal, action, resource]);
    const kept = this.#slices.get(key);
    if (kept !== undefined) return kept;
    if (this.#slices.size >= MAX_SLICES) return this.#slices.get('*')!;
    const matching = this.#scoped.filter(
      ({ scope }) =>
        fits(scope.principal, principal) &&
        fits(scope.resource, resource) &&
        (scope.actions === undefined || scope.actions.some((each) => each === action)),
    );
    return this.#keep(
      key,
      matching.map(({ policy }) => policy),
    );
  }

  /** Frees Cedar's memory of the set. */
  drop(): void {
    for (const { setId } of this.#slices.values()) dropPolicies(setId);
  }

  #known(part: keyof Scope, name: string): string | null {
    return this.#named[part].has(name) ? name : null;
  }

  #keep(key: string, policies: readonly LoadedPolicy[]): Slice {
    const slice: Slice = {
      setId: `${this.#load}/${key}`,
      lookedAt: lookedAt(policies.map(({ tree }) => tree)),
    };
    keepPolicies(slice.setId, Object.fromEntries(policies.map(({ meaning, text }) => [meaning.id, text])));
    this.#slices.set(key, slice);
    return slice;
  }
}

function scopeOf({ principal, action, resource }: CedarPolicy): Scope {
  return { principal: typeIn(principal), actions: actionsIn(action), resource: typeIn(resource) };
}

/** `in` is left alone: it asks for parents, which may be of any type. */
function typeIn(constraint: CedarPolicy['principal'] | CedarPolicy['resource']): string | undefined {
  if (constraint.op === 'is') return constraint.entity_type;
  return constraint.op === '==' && 'entity' in constraint ? uidOf(constraint.entity).type : undefined;
}

/** No action has parents here, so that `in` a list is `==` to one of it. */
function actionsIn(constraint: CedarPolicy['action']): readonly string[] | undefined {
  if (constraint.op === 'All') return undefined;
  if ('entities' in constraint) return constraint.entities.map((each) => uidOf(each).id);
  return 'entity' in constraint ? [uidOf(constraint.entity).id] : undefined;
}

function uidOf(entity: CedarUid | { readonly __entity: CedarUid }): CedarUid {
  return '__entity' in entity ? entity['__entity'] : entity;
}

function fits(wanted: string | undefined, given: string | null): boolean {
  return wanted === undefined || wanted === given;
}
