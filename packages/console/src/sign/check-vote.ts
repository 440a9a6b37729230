import { bufferToBase64URLString } from '@simplewebauthn/browser';
import {
  canonicalHash,
  findVoteMismatch,
  statementChallenge,
  voteStatement,
  type ConsentQuestion,
  type VoteStatement,
} from '@countersign/core';
import type { Choice, ToSign } from '../api/endpoints.ts';

/** What was on the screen when the person decided. */
export interface Shown {
  readonly question: ConsentQuestion;
  /** The canonical text exactly as displayed. */
  readonly text: string;
  readonly choice: Choice;
  readonly person: string;
  readonly selfApproval: boolean;
}

/**
 * The first member in which what the server wants signed differs from what was shown and chosen, or
 * undefined. INVARIANT: a passkey is never asked before this returned undefined, so that a server that was
 * tampered with cannot collect a signature over anything but what the person read. Design §2.5.
 */
export function findVoteDifference(
  { statement, options }: ToSign<VoteStatement>,
  shown: Shown,
): string | undefined {
  const { question, text, choice, person, selfApproval } = shown;
  const mismatch = findVoteMismatch(statement, question);
  if (mismatch !== undefined) return mismatch;
  if (statement.text_hash !== canonicalHash(text)) return 'text_hash';
  if (statement.decision !== choice.decision) return 'decision';
  if (statement.note !== choice.note) return 'note';
  if (statement.approver !== person) return 'approver';
  if (statement.self_approved !== selfApproval) return 'self_approved';
  // Built anew from what was shown: a member that core does not know would change the challenge.
  const rebuilt = voteStatement(question, {
    ...choice,
    approver: person,
    self_approved: selfApproval,
    credential: statement.credential,
    not_after: statement.not_after,
    nonce: statement.nonce,
  });
  if (challengeOf(statement) !== options.challenge || challengeOf(rebuilt) !== options.challenge)
    return 'challenge';
  return undefined;
}

export function challengeOf(statement: Parameters<typeof statementChallenge>[0]): string {
  return bufferToBase64URLString(new Uint8Array(statementChallenge(statement)).buffer);
}
