import type { ConsentPort, DelegationParty } from '@countersign/core';
import type { Refusal } from './http-refusal.ts';

/** The agent that a credential speaks for, and its way to the authority. */
export interface Identified {
  readonly agentId: string;
  /** A suspended agent's requests are refused and recorded; nothing else of it passes at all. */
  readonly active: boolean;
  /** The upstream whose address it called at; absent at the one of all. */
  readonly at?: string;
  readonly port: ConsentPort;
  /** On whose behalf it calls; absent where it speaks for itself. */
  readonly delegation?: DelegationParty;
  /** When its credential ends, in milliseconds since the epoch; absent for one that does not end by itself. */
  readonly expires_at?: number;
  /** Why the credential is too narrow for a request to an upstream, which may be a call of a tool. */
  readonly tooNarrow?: (upstream: string, tool?: string) => Refusal | undefined;
}
