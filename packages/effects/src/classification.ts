import { EFFECTS, type Effect } from '@countersign/core';

/** What one input would do, as far as it was understood. */
export interface Classification {
  /** Sorted as in EFFECTS; never empty. Whatever was not understood has all of them. */
  readonly effects: readonly Effect[];
  /** Whether something in it reaches outside the organisation. */
  readonly outward: boolean;
  /**
   * What it names, as `<kind>:<name>` (`table:public.users`, `file:/etc/passwd`, `host:example.com`), sorted, each
   * once, at most `MAX_TOUCHED`: more is not understood, or a name could be hidden behind others. Names are the input's
   * own: untrusted text.
   */
  readonly touches: readonly string[];
  /** Why, one line each in the order found, at most `MAX_REASONS`. They quote untrusted text, at most 80 characters. */
  readonly because: readonly string[];
  /** False when any part of it was not understood. */
  readonly understood: boolean;
}

export const MAX_TOUCHED = 256;
export const MAX_REASONS = 32;
/** Longer inputs (UTF-16 units) are not read: nobody consents to what cannot be read, and no parser may stall a door. */
export const MAX_INPUT = 65_536;

/**
 * Collects what is found in one input. INVARIANT: finding more never lowers anything: effects, `outward` and what was
 * not understood only accumulate, so that a whole is never classified below a part of it.
 */
export class Findings {
  readonly #effects = new Set<Effect>();
  readonly #touches = new Set<string>();
  readonly #because = new Set<string>();
  #outward = false;
  #understood = true;

  /** It has this effect; `why` is one line for a person. */
  effect(effect: Effect, why: string): this {
    this.#effects.add(effect);
    this.#reason(`${effect}: ${why}`);
    return this;
  }

  /** It names this thing. */
  touch(kind: string, name: string): this {
    return this.#touched(`${kind}:${name}`);
  }

  /** It reaches outside the organisation. */
  outward(why: string): this {
    this.#outward = true;
    this.#reason(`outward: ${why}`);
    return this;
  }

  /** Some part of it is not understood: that part may do anything. */
  unknown(why: string): this {
    this.#understood = false;
    this.#outward = true;
    for (const effect of EFFECTS) this.#effects.add(effect);
    this.#reason(`not understood: ${why}`);
    return this;
  }

  /** What a part of it does. */
  include(part: Classification): this {
    for (const effect of part.effects) this.#effects.add(effect);
    for (const name of part.touches) this.#touched(name);
    for (const why of part.because) this.#reason(why);
    this.#outward ||= part.outward;
    this.#understood &&= part.understood;
    return this;
  }

  /** What was found; nothing at all is not understood. */
  done(): Classification {
    if (this.#effects.size === 0) this.unknown('nothing that does anything');
    return {
      effects: EFFECTS.filter((effect) => this.#effects.has(effect)),
      outward: this.#outward,
      touches: [...this.#touches].sort(),
      because: [...this.#because],
      understood: this.#understood,
    };
  }

  #touched(name: string): this {
    if (this.#touches.has(name)) return this;
    if (this.#touches.size >= MAX_TOUCHED) return this.unknown(`more than ${MAX_TOUCHED} names`);
    this.#touches.add(name);
    return this;
  }

  #reason(why: string): void {
    if (this.#because.size < MAX_REASONS) this.#because.add(why.replaceAll(/\s+/g, ' '));
  }
}

/** What is not understood at all. */
export function notUnderstood(why: string): Classification {
  return new Findings().unknown(why).done();
}

/** At most 80 characters of the input, for a reason. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}

/**
 * Runs a classifier so that it is total: too long an input, and whatever it throws, is not understood. This is the one
 * place where a failure to understand becomes the riskiest answer.
 */
export function understand(input: string, what: string, read: (findings: Findings) => void): Classification {
  try {
    if (input.length > MAX_INPUT) return notUnderstood(`${what} longer than ${MAX_INPUT} characters`);
    const findings = new Findings();
    read(findings);
    return findings.done();
  } catch (error) {
    return notUnderstood(`${what}: ${excerpt(error instanceof Error ? error.message : 'unknown failure')}`);
  }
}
