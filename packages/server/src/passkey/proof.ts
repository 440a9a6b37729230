import {
  base64url,
  ConsentError,
  statementChallenge,
  verifyKeySignature,
  type Evidence,
  type Statement,
} from '@countersign/core';
import type { Proof } from '../faces.ts';
import type { AuthorityParts } from '../parts.ts';
import type { Passkeys } from './passkeys.ts';

/**
 * Turns a signature as it arrived into evidence that can be checked again years later. INVARIANT: the
 * evidence is by the very credential that the statement names, and that credential is live.
 * Throws `invalid_signature`, `not_eligible`.
 */
export async function checkProof(
  parts: AuthorityParts,
  passkeys: Passkeys,
  statement: Statement,
  credentialId: string,
  proof: Proof,
): Promise<Evidence> {
  const credential = await parts.principals.credential(credentialId);
  if (credential === undefined || credential.revoked_at !== undefined) {
    throw new ConsentError('not_eligible', 'the credential is not enrolled any more');
  }
  if (credential.kind !== proof.kind)
    throw new ConsentError('invalid_signature', 'signed with another kind of credential');
  if (proof.kind === 'key') {
    if (!verifyKeySignature(statement, proof.signature, credential.public_key)) {
      throw new ConsentError('invalid_signature', 'the signature is not by that key over that statement');
    }
    return { kind: 'key', credential: credential.id, signature: proof.signature };
  }
  const assertion = await passkeys.verifyAssertion(statementChallenge(statement), proof.response, credential);
  await parts.principals.raiseCounter(credential.id, assertion.counter);
  return {
    kind: 'passkey',
    credential: credential.id,
    client_data_json: assertion.client_data_json,
    authenticator_data: assertion.authenticator_data,
    signature: assertion.signature,
  };
}

/** Proof that whoever holds `nonce` is recent: 32 random bytes as text. */
export function newNonce(parts: Pick<AuthorityParts, 'random'>): string {
  return base64url.encode(parts.random(32));
}
