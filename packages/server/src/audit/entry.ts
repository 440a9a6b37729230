import {
  canonicalJson,
  isObject,
  parseJson,
  sameBytes,
  utf8Encode,
  type Assurance,
  type Disposition,
  type JsonValue,
  type RequestStatus,
} from '@countersign/core';

/**
 * What happened, as one leaf of the log. Leaves are for ever and may be published, so they hold names,
 * digests and outcomes, never arguments, texts or secrets; those live in tables that can be erased.
 */
export type AuditEvent =
  | {
      readonly type: 'decision';
      readonly evaluation_id: string;
      readonly agent: string;
      readonly credential: string;
      readonly result: 'permit' | 'step_up' | 'forbid' | 'indeterminate' | 'refused';
      readonly action: string;
      readonly resource: string;
      readonly binding_hash: string;
      readonly policies: readonly string[];
      readonly policy_version: string;
      readonly catalog_version: string;
      readonly reason?: string;
      readonly approval?: string;
      /** The enrolled agents of the chain that it was asked in, and the hash of that chain as it is bound. */
      readonly delegation?: { readonly agents: readonly string[]; readonly hash: string };
    }
  | {
      /** Looking for what would be permitted, which permits nothing. */
      readonly type: 'search';
      readonly evaluation_id: string;
      readonly agent: string;
      readonly credential: string;
      readonly find: 'subject' | 'resource' | 'action';
      /** The type searched for, where it is one of entities. */
      readonly of?: string;
      readonly found: number;
      readonly policy_version: string;
      readonly catalog_version: string;
    }
  | {
      /** Looking ahead at what could come of questions, which permits nothing: how many, and how many could never be permitted. */
      readonly type: 'foresight';
      readonly evaluation_id: string;
      readonly agent: string;
      readonly credential: string;
      readonly asked: number;
      readonly never: number;
      readonly policy_version: string;
      readonly catalog_version: string;
    }
  | {
      readonly type: 'request_filed';
      readonly request_id: string;
      readonly evaluation_id: string;
      readonly agent: string;
      readonly credential: string;
      readonly binding_hash: string;
      readonly question_hash: string;
      readonly text_hash: string;
      readonly delta_hash: string;
      readonly policy_version: string;
    }
  | {
      readonly type: 'vote';
      readonly request_id: string;
      readonly binding_hash: string;
      readonly approver: string;
      readonly credential: string;
      readonly assurance: Assurance;
      readonly decision: 'approve' | 'deny';
      readonly self_approved: boolean;
      readonly policy_version: string;
      readonly statement_hash: string;
      readonly evidence_hash: string;
    }
  | {
      readonly type: 'request_ended';
      readonly request_id: string;
      readonly status: RequestStatus;
      readonly approval?: string;
      readonly approved_until?: string;
      readonly max_uses?: number;
    }
  | {
      readonly type: 'claim';
      readonly claim_id: string;
      readonly evaluation_id: string;
      readonly approval: string;
      readonly request_id: string;
      readonly use: number;
      readonly agent: string;
      readonly credential: string;
      readonly binding_hash: string;
      readonly policy_version: string;
      readonly catalog_version: string;
    }
  | {
      readonly type: 'disposition';
      readonly claim_id: string;
      readonly disposition: Disposition;
      readonly by: 'pep' | 'lease' | 'restart' | 'operator';
      readonly late: boolean;
    }
  | { readonly type: 'approval_revoked'; readonly approval: string; readonly by: string }
  | { readonly type: 'agent_added'; readonly agent: string; readonly name: string; readonly owner: string }
  | {
      readonly type: 'agent_changed';
      readonly agent: string;
      readonly status: string;
      readonly revision: number;
    }
  | {
      readonly type: 'pep_added';
      readonly pep: string;
      readonly name: string;
      readonly agents: readonly string[] | null;
      readonly explains?: boolean;
    }
  | { readonly type: 'pep_revoked'; readonly pep: string }
  | {
      readonly type: 'credential_enrolled';
      readonly person: string;
      readonly credential: string;
      readonly kind: Assurance;
      readonly group: string;
      readonly public_key_hash: string;
      /** `bootstrap` for the very first, else the person who signed. */
      readonly by: string;
      readonly statement_hash?: string;
      readonly evidence_hash?: string;
    }
  | { readonly type: 'credential_revoked'; readonly credential: string; readonly by: string }
  | { readonly type: 'policy_loaded'; readonly policy_version: string; readonly catalog_version: string }
  | {
      readonly type: 'authority_started';
      /** The site that passkeys sign for from here on. */
      readonly public_url: string;
      readonly single_operator: boolean;
      readonly policy_version: string;
      /** Answers just before this that had no signature: the run before did not end by itself. */
      readonly unsigned?: number;
    };

/** The envelope of a leaf: its bytes are the JCS of this. */
export interface AuditEntry {
  readonly v: 1;
  /** RFC 3339, the authority's clock. */
  readonly at: string;
  readonly tenant: string;
  readonly event: AuditEvent;
}

/** Whether it only says what was answered, and changes nothing that anybody consented to. */
export function isAnswer({ type }: AuditEvent): boolean {
  return type === 'decision' || type === 'search' || type === 'foresight';
}

/** The entry of a leaf, or what is wrong with its bytes in one line; they may be anybody's. */
export function readEntry(leaf: Uint8Array): AuditEntry | string {
  let value: JsonValue;
  try {
    value = parseJson(leaf);
    if (!sameBytes(utf8Encode(canonicalJson(value)), leaf)) return 'not in canonical form';
  } catch {
    return 'not a json entry';
  }
  if (!isObject(value) || !isObject(value['event'])) return 'not a json entry';
  if (value['v'] !== 1) return 'of a version that this verifier does not know';
  return value as unknown as AuditEntry;
}
