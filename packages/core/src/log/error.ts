/** What of a transparency log was malformed, missing or out of range. */
export type LogErrorCode =
  | 'malformed_note'
  | 'malformed_key'
  | 'malformed_checkpoint'
  | 'malformed_proof'
  | 'malformed_tile'
  | 'out_of_range'
  | 'missing_hash';

/** A log artifact that cannot be read, or a call outside the tree; `message` is one line. */
export class LogError extends Error {
  override readonly name: string = 'LogError';
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
