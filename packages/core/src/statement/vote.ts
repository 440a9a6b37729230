import { canonicalHash } from '../json/canonical.ts';
import type { JsonObject } from '../json/value.ts';
import type { ConsentQuestion } from '../access-request/question.ts';
import { RENDERER, renderQuestion } from '../text/render.ts';

/** What an approver signs: exactly this action, this decision, these terms. Design §2.5. */
export interface VoteStatement {
  readonly type: 'vote';
  readonly version: 1;
  readonly authority: string;
  readonly tenant: string;
  readonly request_id: string;
  readonly binding_hash: string;
  readonly decision: 'approve' | 'deny';
  readonly scope: 'exact';
  readonly max_uses: number;
  readonly ttl_seconds: number;
  /** RFC 3339: the approval lives no longer, however late the quorum is met. */
  readonly not_after: string;
  readonly policy_version: string;
  readonly delta_hash: string;
  /** Digest of the text displayed, and which renderer made it. */
  readonly text_hash: string;
  readonly text_version: string;
  readonly approver: string;
  readonly credential: string;
  readonly self_approved: boolean;
  /** The approver's note, as typed. */
  readonly note?: string;
  /** 32 random bytes from the authority, unpadded base64url. */
  readonly nonce: string;
}

/** What a vote adds to the question. */
export interface VoteTerms {
  readonly decision: 'approve' | 'deny';
  readonly approver: string;
  readonly credential: string;
  readonly self_approved: boolean;
  readonly not_after: string;
  readonly nonce: string;
  readonly note?: string;
}

/** The statement of a vote; everything but the terms is computed from the question itself. */
export function voteStatement(question: ConsentQuestion, terms: VoteTerms): VoteStatement {
  return {
    type: 'vote',
    version: 1,
    authority: question.authority,
    tenant: question.tenant,
    request_id: question.id,
    binding_hash: question.binding_hash,
    decision: terms.decision,
    scope: question.obligations.scope,
    max_uses: question.obligations.max_uses,
    ttl_seconds: question.obligations.ttl_seconds,
    not_after: terms.not_after,
    policy_version: question.policy_version,
    delta_hash: deltaHash(question),
    text_hash: textHash(question),
    text_version: RENDERER,
    approver: terms.approver,
    credential: terms.credential,
    self_approved: terms.self_approved,
    ...(terms.note === undefined ? {} : { note: terms.note }),
    nonce: terms.nonce,
  };
}

/** Unpadded base64url SHA-256 of the JCS of the delta. */
export function deltaHash(question: ConsentQuestion): string {
  return canonicalHash(question.delta as unknown as JsonObject);
}

/** Unpadded base64url SHA-256 of the JCS of the canonical text (a JSON string). */
export function textHash(question: ConsentQuestion): string {
  return canonicalHash(renderQuestion(question));
}
