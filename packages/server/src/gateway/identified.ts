import type { ConsentPort } from '@countersign/core';

/** The agent that a credential speaks for, and its way to the authority. */
export interface Identified {
  readonly agentId: string;
  /** A suspended agent's requests are refused and recorded; nothing else of it passes at all. */
  readonly active: boolean;
  readonly port: ConsentPort;
}
