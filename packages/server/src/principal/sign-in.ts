import { base64url, ConsentError } from '@countersign/core';
import type { Approver, SignIn } from '../faces.ts';
import { rfc3339, type AuthorityParts } from '../parts.ts';
import type { Passkeys } from '../passkey/passkeys.ts';
import { secretHash } from './api-key.ts';

const CHALLENGE_LIFE_MS = 5 * 60_000;
/** NIST SP 800-63B-4 AAL2: an overall time-out of at most 24 hours; we take a working day. */
const SESSION_LIFE_MS = 12 * 60 * 60_000;

/** Console sessions. A session only looks: every vote is signed with the passkey itself. */
export function createSignIn(parts: AuthorityParts, passkeys: Passkeys): SignIn {
  const { principals, signIns, clock } = parts;

  async function open(approver: Approver) {
    const token = base64url.encode(parts.random(32));
    const expires_at = clock() + SESSION_LIFE_MS;
    await signIns.putSession({
      token_hash: secretHash(token),
      person: approver.person,
      credential: approver.credential,
      expires_at,
    });
    return { token, expires_at: rfc3339(expires_at) };
  }

  return {
    open,

    async begin() {
      const challenge = parts.random(32);
      await signIns.putChallenge({
        id: base64url.encode(challenge),
        kind: 'sign_in',
        payload: '{}',
        expires_at: clock() + CHALLENGE_LIFE_MS,
      });
      return { options: await passkeys.signInOptions(challenge) };
    },

    async finish(response) {
      const challenge = challengeOf(response);
      const taken = await signIns.takeChallenge(challenge, 'sign_in', clock());
      if (taken === undefined)
        throw new ConsentError('stale_statement', 'the sign-in took too long: try again');
      const credential = await principals.credentialByWebauthnId(String(response['id']));
      if (credential === undefined || credential.revoked_at !== undefined) {
        throw new ConsentError('not_eligible', 'this passkey is not enrolled here');
      }
      const asserted = await passkeys.verifyAssertion(base64url.decode(challenge), response, credential);
      await principals.raiseCounter(credential.id, asserted.counter);
      const person = await principals.person(credential.person);
      if (person === undefined) throw new ConsentError('not_eligible', 'this passkey is not enrolled here');
      const approver = { person: person.id, email: person.email, credential: credential.id };
      return { ...(await open(approver)), approver };
    },

    async approver(token) {
      const session = await signIns.session(secretHash(token), clock());
      if (session === undefined) return undefined;
      const person = await principals.person(session.person);
      const credential = await principals.credential(session.credential);
      if (person === undefined || credential === undefined || credential.revoked_at !== undefined)
        return undefined;
      return { person: person.id, email: person.email, credential: credential.id };
    },

    async view(approver) {
      const person = approver && (await principals.person(approver.person));
      return {
        authority: parts.id,
        public_url: parts.config.public_url,
        single_operator: parts.config.single_operator,
        enrolled: (await principals.approverCount()) > 0,
        ...(person === undefined
          ? {}
          : { person: { id: person.id, email: person.email, groups: person.groups } }),
      };
    },

    end: (token) => signIns.dropSession(secretHash(token)),
  };
}

/** The challenge that a ceremony's client data names; attacker-controlled until the assertion is verified. */
export function challengeOf(response: Record<string, unknown>): string {
  try {
    const inner = response['response'] as Record<string, unknown>;
    const bytes = base64url.decode(String(inner['clientDataJSON']));
    const clientData = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    base64url.decode(String(clientData['challenge']));
    return String(clientData['challenge']);
  } catch (error) {
    throw new ConsentError('invalid_request', 'not a webauthn response', { cause: error });
  }
}
