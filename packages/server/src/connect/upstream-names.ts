const MAX_LENGTH = 64;

/** Names of upstreams, one for each thing that is reached; the same thing keeps its name wherever it is found. */
export class UpstreamNames {
  /** What each name stands for; undefined is something that nothing else is. */
  readonly #taken = new Map<string, string | undefined>();

  reserve(name: string, thing: string | undefined): void {
    this.#taken.set(name, thing);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** `wanted` as a name, or with a number where that name is something else's. */
  nameFor(wanted: string, thing: string): string {
    const base = asName(wanted);
    for (let count = 1; ; count++) {
      const suffix = count === 1 ? '' : `-${count}`;
      const name = base.slice(0, MAX_LENGTH - suffix.length) + suffix;
      if (this.#taken.has(name) && this.#taken.get(name) !== thing) continue;
      this.#taken.set(name, thing);
      return name;
    }
  }
}

/** Lower case letters, digits and hyphens, as in policies and the catalog. */
export function asName(text: string): string {
  const name = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mn}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, MAX_LENGTH);
  return name === '' ? 'server' : name;
}
