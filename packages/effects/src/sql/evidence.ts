import type { Effect } from '@countersign/core';
import { MAX_TOUCHED, type Findings } from '../classification.ts';

type Kind = Effect | 'outward' | 'unknown';

/** Riskiest first. */
const KINDS: readonly Kind[] = [
  'unknown',
  'grant',
  'secret',
  'execute',
  'spend',
  'export',
  'delete',
  'network',
  'outward',
  'update',
  'create',
  'read',
];

/** More reasons of one kind are not kept; each kind's first is always told. */
const MAX_OF_A_KIND = 64;

/**
 * What is found in a text before it is told: only so many reasons and names are told, so the riskiest come first. A
 * dangerous part must not be hidden behind a hundred harmless ones.
 */
export class Evidence {
  readonly #reasons = new Map<Kind, Set<string>>();
  readonly #touched = new Set<string>();

  effect(effect: Effect, why: string): void {
    this.#add(effect, why);
  }

  effects(effects: readonly Effect[], why: string): void {
    for (const effect of effects) this.#add(effect, why);
    if (effects.includes('network')) this.#add('outward', why);
  }

  outward(why: string): void {
    this.#add('outward', why);
  }

  unknown(why: string): void {
    this.#add('unknown', why);
  }

  touch(kind: string, name: string): void {
    this.#touched.add(`${kind}:${name}`);
  }

  column(name: string): void {
    this.touch('column', name);
  }

  into(found: Findings): void {
    // A policy may ask what is touched: a name that is left out must not pass for one that is not there.
    if (this.#touched.size > MAX_TOUCHED) this.unknown(`more than ${MAX_TOUCHED} names`);
    const told = KINDS.map((kind) => [kind, [...(this.#reasons.get(kind) ?? [])]] as const);
    for (const [kind, [first]] of told) if (first !== undefined) tell(found, kind, first);
    for (const [kind, [, ...others]] of told) for (const why of others) tell(found, kind, why);
    for (const name of this.#touched) {
      const colon = name.indexOf(':');
      found.touch(name.slice(0, colon), name.slice(colon + 1));
    }
  }

  #add(kind: Kind, why: string): void {
    const reasons = this.#reasons.get(kind) ?? new Set();
    this.#reasons.set(kind, reasons);
    if (reasons.size < MAX_OF_A_KIND) reasons.add(why);
  }
}

function tell(found: Findings, kind: Kind, why: string): void {
  if (kind === 'unknown') found.unknown(why);
  else if (kind === 'outward') found.outward(why);
  else found.effect(kind, why);
}
