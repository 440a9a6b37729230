import type { Effect } from '@countersign/core';

/** What a site says that functions, operators and types of its own do, by name as written. */
export class OwnFunctions {
  readonly #written: ReadonlyMap<string, readonly Effect[]>;
  readonly #last = new Map<string, Effect[]>();

  constructor(told: Readonly<Record<string, readonly Effect[]>>) {
    this.#written = new Map(Object.entries(told));
    for (const [name, effects] of this.#written) {
      const last = name.slice(name.lastIndexOf('.') + 1);
      this.#last.set(last, [...(this.#last.get(last) ?? []), ...effects]);
    }
  }

  /** Of this very name. */
  of(written: string): readonly Effect[] | undefined {
    return this.#written.get(written);
  }

  /** Of that last name in any schema: together, where there are several. */
  named(last: string): readonly Effect[] | undefined {
    return this.#last.get(last);
  }
}
