import type { ConsentPort, Disposition, JsonObject } from '@countersign/core';
import { isObject } from './message.ts';

/** Well within the five minutes of a lease. */
const RENEW_EVERY_MS = 60_000;

/** What a server asks of the client instead of an end. MCP 2026-07-28 §"Multi Round-Trip Requests". */
export function askedIn({ result }: JsonObject): JsonObject | undefined {
  return isObject(result) && result['resultType'] === 'input_required' ? result : undefined;
}

/** A use that was spent: it is renewed while the call runs, and reported once, whatever came of it. */
export class RunningClaim {
  readonly id: string;
  readonly #port: ConsentPort;
  readonly #failed: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #settled = false;
  /** Whether a server has it: one that asked for more has begun, whatever becomes of the rest. */
  #begun = false;
  #asked: ((result: JsonObject) => void) | undefined;

  constructor(port: ConsentPort, id: string, failed: (error: unknown) => void) {
    this.id = id;
    this.#port = port;
    this.#failed = failed;
    this.#timer = setInterval(() => void port.renew(id).catch(failed), RENEW_EVERY_MS);
    this.#timer.unref();
  }

  /** Who keeps it open when the server, instead of an end, asks the client for more. */
  whenAsked(keep: (result: JsonObject) => void): void {
    this.#asked = keep;
  }

  /** Records what came of it by the server's answer; none at all is unknown. */
  async answered(message: JsonObject | undefined): Promise<void> {
    const asked = message && askedIn(message);
    if (this.#asked !== undefined && asked !== undefined) {
      this.#begun = true;
      try {
        return this.#asked(asked);
      } catch (error) {
        // What it asks with cannot be kept, so nobody can go on with it.
        this.#failed(error);
        return await this.settle('outcome-unknown');
      }
    }
    const result = message?.['result'];
    const failed = message?.['error'] !== undefined || (isObject(result) && result['isError'] === true);
    await this.settle(
      message === undefined ? 'outcome-unknown' : failed ? 'execution-error' : 'approved-executed',
    );
  }

  /** Records that this time nothing was sent. */
  async unsent(): Promise<void> {
    await this.settle(this.#begun ? 'outcome-unknown' : 'denied-not-executed');
  }

  /** Records the first disposition; later ones are ignored. A report that fails leaves the lease to end by itself. */
  async settle(disposition: Disposition): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    clearInterval(this.#timer);
    try {
      await this.#port.report(this.id, disposition);
    } catch (error) {
      this.#failed(error);
    }
  }
}
