import type { ConsentPort, Disposition } from '@countersign/core';

/** Well within the five minutes of a lease. */
const RENEW_EVERY_MS = 60_000;

/** A use that was spent: it is renewed while the call runs, and reported once, whatever came of it. */
export class RunningClaim {
  readonly #port: ConsentPort;
  readonly #id: string;
  readonly #failed: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #settled = false;

  constructor(port: ConsentPort, id: string, failed: (error: unknown) => void) {
    this.#port = port;
    this.#id = id;
    this.#failed = failed;
    this.#timer = setInterval(() => void port.renew(id).catch(failed), RENEW_EVERY_MS);
    this.#timer.unref();
  }

  /** Records the first disposition; later ones are ignored. A report that fails leaves the lease to end by itself. */
  async settle(disposition: Disposition): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    clearInterval(this.#timer);
    try {
      await this.#port.report(this.#id, disposition);
    } catch (error) {
      this.#failed(error);
    }
  }
}
