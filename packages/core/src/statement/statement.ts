import { sha256 } from '#sha256';
import { ed25519 } from '@noble/curves/ed25519.js';
import { base64url, utf8Encode } from '../encoding.ts';
import { canonicalJson } from '../json/canonical.ts';
import type { JsonObject } from '../json/value.ts';
import type { EnrolmentStatement } from './enrolment.ts';
import type { VoteStatement } from './vote.ts';

/** Everything that a person signs. A verifier refuses a type or version that it does not know. Design §2.5. */
export type Statement = VoteStatement | EnrolmentStatement;

/** Proof that a credential signed a statement; all members unpadded base64url. */
export type Evidence =
  | { readonly kind: 'key'; readonly credential: string; readonly signature: string }
  | {
      readonly kind: 'passkey';
      readonly credential: string;
      /** The WebAuthn assertion: §5.2.2 `AuthenticatorAssertionResponse`. */
      readonly client_data_json: string;
      readonly authenticator_data: string;
      readonly signature: string;
    };

/** The 32-byte WebAuthn challenge of a statement: SHA-256 of its JCS. */
export function statementChallenge(statement: Statement): Uint8Array {
  return sha256(utf8Encode(canonicalJson(statement as unknown as JsonObject)));
}

/** The bytes that an Ed25519 key signs: the domain line `countersign/<type>/v<version>` and the JCS. */
export function statementMessage(statement: Statement): Uint8Array {
  const domain = `countersign/${statement.type}/v${statement.version}\n`;
  return utf8Encode(domain + canonicalJson(statement as unknown as JsonObject));
}

/** Whether an Ed25519 signature (unpadded base64url) over the statement is by `publicKey` (likewise, 32 bytes). */
export function verifyKeySignature(statement: Statement, signature: string, publicKey: string): boolean {
  if (!isKnown(statement)) return false;
  try {
    return ed25519.verify(
      base64url.decode(signature),
      statementMessage(statement),
      base64url.decode(publicKey),
      // RFC 8032 §5.1.7 to the letter: ZIP 215 would take keys and signatures of small order.
      { zip215: false },
    );
  } catch {
    return false;
  }
}

/** Types and versions that this verifier knows; the wire may hold anything. */
function isKnown(statement: { readonly type: string; readonly version: number }): boolean {
  return (statement.type === 'vote' || statement.type === 'enrolment') && statement.version === 1;
}
