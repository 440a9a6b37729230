import type { StandingVote } from '../access-request/port.ts';

/**
 * A fingerprint of everything that judging the votes reads, so that the claim's transaction sees whether
 * any of it has changed since they were judged: a revoked credential, a left group, a new approver.
 */
export function standingFingerprint(votes: readonly StandingVote[], approvers: number): string {
  const lines = votes.map((vote) => [vote.statement.approver, vote.credential_revoked, vote.groups]);
  return JSON.stringify([approvers > 1, lines]);
}
