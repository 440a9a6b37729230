/** Why JSON was refused. */
export type JsonErrorCode =
  | 'invalid_json'
  | 'duplicate_key'
  | 'unsafe_number'
  | 'lone_surrogate'
  | 'too_deep'
  | 'too_long'
  | 'invalid_utf8';

/**
 * JSON that we refuse. `offset` counts UTF-16 code units from the start of the text; it is 0 for bytes
 * that are not UTF-8, and undefined where a built value, not a text, was checked.
 */
export class JsonError extends Error {
  override readonly name: string = 'JsonError';
  readonly code: JsonErrorCode;
  readonly offset: number | undefined;

  constructor(code: JsonErrorCode, message: string, offset?: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}
