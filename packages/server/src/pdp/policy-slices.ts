import { dropPolicies, keepPolicies, type CedarPolicy, type CedarUid } from './cedar.ts';
import type { PlacedScope } from './entities.ts';
import { nameOf } from './known-entities.ts';
import { lookedAt, type LookedAt } from './looked-at.ts';
import type { LoadedPolicy } from './policy-set.ts';

/** The policies of a set whose scope can match a question, kept in Cedar's memory. */
export interface Slice {
  readonly setId: string;
  readonly lookedAt: LookedAt;
  readonly policies: readonly LoadedPolicy[];
}

/** What a policy's head asks of each part of a question, as one text; `ANY` asks nothing. */
interface Head {
  readonly principal: string;
  /** Any one of them. */
  readonly actions: readonly string[];
  readonly resource: string;
}

const ANY = '';

/** How many slices are kept; the least lately used one makes room. Cedar cannot forget a name, so names are few. */
const MAX_SLICES = 1024;

let loads = 0;

/**
 * A set cut by scope. Cedar looks at every policy of a set, 3.5 ms for a thousand of them, so that each question is
 * put only to those whose head can match it: the heads are an index, from what they ask for to the policies. A policy
 * that is left out cannot apply, and its conditions, where errors come from, would not have been evaluated.
 */
export class PolicySlices {
  readonly #load: number = ++loads;
  readonly #byHead = new Map<string, LoadedPolicy[]>();
  readonly #asked: { readonly [part in 'principal' | 'action' | 'resource']: ReadonlySet<string> };
  /** Least lately used first. */
  readonly #slices = new Map<string, Slice>();
  readonly #policies: readonly LoadedPolicy[];
  readonly #beside = new Set<string>();
  #whole: Slice | undefined;
  #names = 0;

  /** Indexes policies that Cedar has parsed; it is given them when they are first asked. */
  constructor(policies: readonly LoadedPolicy[]) {
    const asked = { principal: new Set<string>(), action: new Set<string>(), resource: new Set<string>() };
    for (const policy of policies) {
      const { principal, actions, resource } = headOf(policy.tree);
      asked.principal.add(principal);
      asked.resource.add(resource);
      for (const action of new Set(actions)) {
        asked.action.add(action);
        const head = headKey(principal, action, resource);
        const same = this.#byHead.get(head);
        if (same === undefined) this.#byHead.set(head, [policy]);
        else same.push(policy);
      }
    }
    this.#asked = asked;
    this.#policies = policies;
  }

  /** Every policy. */
  get policies(): readonly LoadedPolicy[] {
    return this.#policies;
  }

  /** All of them together, for whoever wants to compare. */
  get whole(): Slice {
    return (this.#whole ??= this.#keep(this.#policies, this.#newName()));
  }

  /** The policies that can apply to a question. */
  of({ principal, action, resource, placed }: PlacedScope): Slice {
    // INVARIANT: a key has only names that the policies use; a caller cannot make one slice more by making names up.
    const principals = [...matches(principal, placed.principal.names)].filter((key) =>
      this.#asked.principal.has(key),
    );
    const actions = [ANY, action.id].filter((key) => this.#asked.action.has(key));
    const resources = [...matches(resource, placed.resource.names)].filter((key) =>
      this.#asked.resource.has(key),
    );
    const key = JSON.stringify([principals, actions, resources]);
    const kept = this.#slices.get(key);
    if (kept !== undefined) {
      this.#slices.delete(key);
      this.#slices.set(key, kept);
      return kept;
    }
    const policies = principals.flatMap((p) =>
      actions.flatMap((a) => resources.flatMap((r) => this.#byHead.get(headKey(p, a, r)) ?? [])),
    );
    const slice = this.#keep([...new Set(policies)], this.#freeName());
    this.#slices.set(key, slice);
    return slice;
  }

  /** Keeps other policies beside a slice, under its name and another, until the set is dropped; answers their name. */
  keepBeside({ setId }: Slice, name: string, policies: Readonly<Record<string, string>>): string {
    const beside = `${setId} ${name}`;
    keepPolicies(beside, policies);
    this.#beside.add(beside);
    return beside;
  }

  /** Frees Cedar's memory of the set. */
  drop(): void {
    for (const name of this.#beside) dropPolicies(name);
    for (const { setId } of this.#slices.values()) dropPolicies(setId);
    if (this.#whole !== undefined) dropPolicies(this.#whole.setId);
  }

  #keep(policies: readonly LoadedPolicy[], setId: string): Slice {
    keepPolicies(setId, Object.fromEntries(policies.map(({ meaning, text }) => [meaning.id, text])));
    return { setId, lookedAt: lookedAt(policies.map(({ tree }) => tree)), policies };
  }

  #freeName(): string {
    const [oldest] = this.#slices.size < MAX_SLICES ? [] : this.#slices;
    if (oldest === undefined) return this.#newName();
    this.#slices.delete(oldest[0]);
    return oldest[1].setId;
  }

  #newName(): string {
    return `${this.#load}/${this.#names++}`;
  }
}

/** What a policy's head asks of each part of a question, in words, and whether the part is so. */
export function headParts(
  { principal, action, resource }: CedarPolicy,
  scope: PlacedScope,
): readonly { readonly part: string; readonly asks: string; readonly fits: boolean }[] {
  const entity = (
    constraint: CedarPolicy['principal'] | CedarPolicy['resource'],
    name: CedarUid,
    above: readonly CedarUid[],
  ) => {
    const typeFits = constraint.op !== 'is' || constraint.entity_type === name.type;
    return {
      asks: asksInWords(constraint),
      fits: typeFits && new Set(matches(name, above)).has(askOf(constraint)),
    };
  };
  const actions = actionsOf(action);
  return [
    { part: 'principal', ...entity(principal, scope.principal, scope.placed.principal.names) },
    {
      part: 'action',
      asks: actions.map((each) => JSON.stringify(each)).join(' or '),
      fits: actions.some((each) => each === ANY || each === scope.action.id),
    },
    { part: 'resource', ...entity(resource, scope.resource, scope.placed.resource.names) },
  ];
}

function asksInWords(constraint: CedarPolicy['principal'] | CedarPolicy['resource']): string {
  const name = (entity: Parameters<typeof uidOf>[0]): string => {
    const { type, id } = uidOf(entity);
    return `${type}::${JSON.stringify(id)}`;
  };
  switch (constraint.op) {
    case 'All':
      return 'anything';
    case '==':
      return 'entity' in constraint ? name(constraint.entity) : 'anything';
    case 'in':
      return 'entity' in constraint ? `in ${name(constraint.entity)}` : 'anything';
    case 'is': {
      const within =
        constraint.in !== undefined && 'entity' in constraint.in ? ` in ${name(constraint.in.entity)}` : '';
      return `a ${constraint.entity_type}${within}`;
    }
  }
}

function headOf({ principal, action, resource }: CedarPolicy): Head {
  return { principal: askOf(principal), actions: actionsOf(action), resource: askOf(resource) };
}

function headKey(principal: string, action: string, resource: string): string {
  return JSON.stringify([principal, action, resource]);
}

function askOf(constraint: CedarPolicy['principal'] | CedarPolicy['resource']): string {
  switch (constraint.op) {
    case 'All':
      return ANY;
    case '==':
      return 'entity' in constraint ? `== ${nameOf(uidOf(constraint.entity))}` : ANY;
    case 'in':
      return 'entity' in constraint ? `in ${nameOf(uidOf(constraint.entity))}` : ANY;
    case 'is': {
      const within = constraint.in;
      // The type alone is asked for more often, and asking for less is always sound.
      return within !== undefined && 'entity' in within
        ? `in ${nameOf(uidOf(within.entity))}`
        : `is ${constraint.entity_type}`;
    }
  }
}

/** Everything that a head may ask for and this entity meets. */
function* matches(name: CedarUid, above: readonly CedarUid[]): Generator<string> {
  yield ANY;
  yield `is ${name.type}`;
  yield `== ${nameOf(name)}`;
  yield `in ${nameOf(name)}`;
  for (const each of above) yield `in ${nameOf(each)}`;
}

/** The actions that a policy's head names. */
export function namedActions({ action }: CedarPolicy): readonly string[] {
  return actionsOf(action).filter((name) => name !== ANY);
}

/** No action has parents here, so that `in` a list is `==` to one of it. */
function actionsOf(constraint: CedarPolicy['action']): readonly string[] {
  if (constraint.op === 'All') return [ANY];
  if ('entities' in constraint) return constraint.entities.map((each) => uidOf(each).id);
  return 'entity' in constraint ? [uidOf(constraint.entity).id] : [ANY];
}

function uidOf(entity: CedarUid | { readonly __entity: CedarUid }): CedarUid {
  return '__entity' in entity ? entity['__entity'] : entity;
}
