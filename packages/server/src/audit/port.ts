import type { HashReader } from '@countersign/core';
import type { AuditEvent } from './entry.ts';

/** Reading the log, for verification and proofs; appending happens inside the other ports' methods. */
export interface AuditStore {
  /**
   * Appends on its own: durable when it resolves, and where it is more than an answer (`isAnswer`) under a
   * signed checkpoint; rejected and absent otherwise. Concurrent appends share one commit.
   */
  appendAlone(event: AuditEvent): Promise<{ readonly index: number }>;
  /** The signed note over the newest durable tree, signed now where it is not yet, or undefined for an empty log. */
  checkpoint(): Promise<string | undefined>;
  size(): Promise<number>;
  /** The hashes of complete subtrees, for proofs. */
  hashes(): HashReader;
  /** The entry bytes and stored leaf hashes from `start`, at most `limit`. */
  entries(start: number, limit: number): Promise<readonly StoredEntry[]>;
}

export interface StoredEntry {
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly hash: Uint8Array;
}
