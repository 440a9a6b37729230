import type { RequestStatus } from '../access-request/status.ts';
import type { Assurance, GroupQuorum } from '../access-request/obligations.ts';
import type { ConsentQuestion } from '../access-request/question.ts';
import type { Disposition } from '../authzen/task.ts';

/** What the console's own HTTP API speaks, under `/console/api`; times are RFC 3339. */
export interface SessionView {
  readonly authority: string;
  readonly public_url: string;
  readonly single_operator: boolean;
  /** Whether any approver is enrolled yet. */
  readonly enrolled: boolean;
  readonly person?: { readonly id: string; readonly email: string; readonly groups: readonly string[] };
}

/** A line of the inbox or the history. */
export interface RequestSummary {
  readonly id: string;
  readonly status: RequestStatus;
  readonly created_at: string;
  readonly expires_at: string;
  readonly ended_at?: string;
  readonly agent: { readonly id: string; readonly name: string; readonly owner: string };
  readonly action: string;
  readonly resource: string;
  readonly effects: readonly string[];
  readonly reviewed: boolean;
  readonly groups: readonly (GroupQuorum & { readonly have: number })[];
  readonly disposition?: Disposition;
  readonly self_approved: boolean;
  /** Who voted so far, in the order cast. */
  readonly votes_by: readonly { readonly email: string; readonly decision: 'approve' | 'deny' }[];
}

export interface VoteView {
  readonly person: string;
  readonly email: string;
  readonly decision: 'approve' | 'deny';
  readonly assurance: Assurance;
  readonly self_approved: boolean;
  readonly note?: string;
  readonly cast_at: string;
}

export interface ApprovalView {
  readonly id: string;
  readonly approved_until: string;
  readonly uses: number;
  readonly max_uses: number;
  readonly state: 'active' | 'consumed' | 'expired' | 'revoked';
  readonly claims: readonly {
    readonly id: string;
    readonly claimed_at: string;
    readonly disposition?: Disposition;
    readonly reported_at?: string;
  }[];
}

/** Everything on the request page. */
export interface RequestView extends RequestSummary {
  readonly question: ConsentQuestion;
  readonly votes: readonly VoteView[];
  readonly approval?: ApprovalView;
  /** Why the signed-in person cannot vote, in one line; absent when they can. */
  readonly cannot_vote?: string;
  /** Whether the signed-in person's vote would be marked as a self-approval. */
  readonly self_approval: boolean;
}

export interface PersonView {
  readonly id: string;
  readonly email: string;
  readonly groups: readonly string[];
  readonly credentials: readonly {
    readonly id: string;
    readonly kind: Assurance;
    readonly created_at: string;
    readonly revoked_at?: string;
  }[];
}

/** A passkey that was registered through an invitation and waits for a signature to let it in. */
export interface PendingEnrolmentView {
  readonly id: string;
  readonly email: string;
  readonly group: string;
  readonly kind: Assurance;
  readonly public_key: string;
  readonly created_at: string;
  readonly expires_at: string;
}
