/** Every refusal's stable code. One exhaustive table maps them to HTTP problems, one to JSON-RPC errors. */
export type ErrorCode =
  // the caller's message
  | 'invalid_json'
  | 'invalid_request'
  | 'too_large'
  | 'unsupported_media_type'
  | 'reserved_key'
  | 'not_found'
  | 'method_not_allowed'
  // who is calling
  | 'unauthenticated'
  | 'forbidden'
  | 'bad_host'
  | 'bad_origin'
  // ARAP
  | 'not_requestable'
  | 'invalid_denial_binding'
  | 'expired_denial'
  | 'duplicate_request'
  | 'unknown_task'
  | 'task_expired'
  | 'invalid_task_state'
  // claims, votes, enrolment
  | 'unknown_claim'
  | 'invalid_claim_state'
  | 'not_eligible'
  | 'already_voted'
  | 'invalid_signature'
  | 'stale_statement'
  | 'link_spent'
  | 'conflict'
  | 'too_many_pending'
  | 'too_many_requests'
  | 'too_many_attempts'
  | 'too_fast'
  // the machine
  | 'log_unavailable'
  | 'unavailable'
  | 'internal';

/** A refusal with a stable code; `message` is one line, lowercase, and says what to do next where it can. */
export class ConsentError extends Error {
  override readonly name: string = 'ConsentError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
