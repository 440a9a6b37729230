const MAX_REMEMBERED = 10_000;

/**
 * What was read of a table lately, by key. INVARIANT: every closure that writes the table calls `forget`. Nothing is
 * read between a closure and its COMMIT or ROLLBACK, so what is remembered afterwards is what is committed; and nobody
 * else writes the file, which is locked.
 */
export class Remembered<V extends object> {
  readonly #values = new Map<string, V>();

  /** What `read` found, now or before. What is not there is not remembered: anybody can ask for it. */
  get<W extends V | undefined>(key: string, read: () => W): V | W {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = read();
    if (value === undefined) return value;
    if (this.#values.size >= MAX_REMEMBERED) this.#values.clear();
    this.#values.set(key, value);
    return value;
  }

  forget(): void {
    this.#values.clear();
  }
}
