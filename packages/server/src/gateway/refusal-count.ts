const TOLD_EVERY_MS = 60_000;
const MAX_COUNTED = 1000;
const MAX_NAMED = 5;

/** Counts refusals and tells of them once a minute: what is refused because it is too much must not become a log that is. */
export class RefusalCount {
  readonly #complain: (text: string) => void;
  readonly #counts = new Map<string, number>();
  #more = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(complain: (text: string) => void) {
    this.#complain = complain;
  }

  count(who: string, code: string): void {
    const key = `${who} ${code}`;
    const before = this.#counts.get(key);
    if (before === undefined && this.#counts.size >= MAX_COUNTED) this.#more += 1;
    else this.#counts.set(key, (before ?? 0) + 1);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#tell(), TOLD_EVERY_MS);
    this.#timer.unref();
  }

  /** Tells what was not told yet. */
  close(): void {
    if (this.#timer !== undefined) this.#tell();
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#counts].toSorted(([, a], [, b]) => b - a);
    const most = all.slice(0, MAX_NAMED).map(([key, count]) => `${key} ${count}`);
    const total = all.reduce((sum, [, count]) => sum + count, this.#more);
    this.#counts.clear();
    this.#more = 0;
    this.#complain(`refused within a minute: ${total}; most: ${most.join(', ')}`);
  }
}
