/** What changed, said after it is durable; it carries names only, whoever may look looks it up. */
export type ChangeEvent =
  | { readonly kind: 'request' | 'agent'; readonly id: string; readonly status: string }
  | { readonly kind: 'people' | 'policies' };

export type Listener = (event: ChangeEvent) => void;

/** Tells those who wait in this process. A listener that throws is dropped; it never disturbs the one who told. */
export class Events {
  readonly #listeners = new Set<Listener>();

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(event: ChangeEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        this.#listeners.delete(listener);
      }
    }
  }
}
