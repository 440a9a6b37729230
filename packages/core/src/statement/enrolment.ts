import type { Assurance } from '../access-request/obligations.ts';

/**
 * What an approver signs to let another credential or person into a group. It names the very public key,
 * so that nobody can swap it between the invitation and the signature. Design §4.
 */
export interface EnrolmentStatement {
  readonly type: 'enrolment';
  readonly version: 1;
  readonly authority: string;
  readonly tenant: string;
  /** Normalised e-mail address of the person who is let in. */
  readonly email: string;
  readonly group: string;
  readonly kind: Assurance;
  /** Unpadded base64url: 32 bytes Ed25519, or the COSE key of a passkey. */
  readonly public_key: string;
  /** The person and credential that sign. */
  readonly signer: string;
  readonly signer_credential: string;
  /** RFC 3339. */
  readonly not_after: string;
  readonly nonce: string;
}
