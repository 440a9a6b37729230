import type { RunningClaim } from '../claim.ts';
import type { DetachedLink } from '../upstream.ts';

/** The claim and the link of a call whose server asks for more. */
interface AskingCall {
  readonly link: DetachedLink;
  readonly claim: RunningClaim | undefined;
  /** When its task ends, in milliseconds since the epoch. */
  readonly until: number;
}

/** Calls whose server asks for more, by their tasks. */
export class AskingCalls extends Map<string, AskingCall> {
  /** Whoever did not answer in time leaves it unknown what became of the call. */
  async endLate(now: number): Promise<void> {
    for (const [id, { link, claim, until }] of this) {
      if (until > now) continue;
      this.delete(id);
      await claim?.settle('outcome-unknown');
      await link.close();
    }
  }
}
