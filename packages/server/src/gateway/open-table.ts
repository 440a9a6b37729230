/**
 * What is under way now, by key: few at a time, each for a moment, through all of a process's life. Not a Map, which
 * copies itself to a new table again and again as members come and go, while the tables it had point at the next: where
 * one of them was old, V8 keeps all that came after it, and every call that was in them, until a full collection.
 */
export class OpenTable<K, V> {
  readonly #keys: K[] = [];
  readonly #values: V[] = [];

  get size(): number {
    return this.#keys.length;
  }

  has(key: K): boolean {
    return this.#keys.includes(key);
  }

  get(key: K): V | undefined {
    return this.#values[this.#keys.indexOf(key)];
  }

  set(key: K, value: V): void {
    const at = this.#keys.indexOf(key);
    if (at < 0) this.#keys.push(key);
    this.#values[at < 0 ? this.#values.length : at] = value;
  }

  /** What comes last takes its place, so that order says nothing. */
  delete(key: K): void {
    const at = this.#keys.indexOf(key);
    if (at < 0) return;
    const [lastKey, lastValue] = [this.#keys.pop() as K, this.#values.pop() as V];
    if (at === this.#keys.length) return;
    this.#keys[at] = lastKey;
    this.#values[at] = lastValue;
  }

  keys(): Iterable<K> {
    return this.#keys;
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.#keys.map((key, at): [K, V] => [key, this.#values[at] as V])[Symbol.iterator]();
  }
}
