import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { base64url, ConsentError, type Evidence } from '@countersign/core';
import type { WebauthnJson } from '../faces.ts';
import type { Credential, PrincipalStore } from '../principal/port.ts';

/** Where ceremonies take place: WebAuthn Level 3 §13.4.9 (origin) and §5.1.2 (RP ID). */
export interface RelyingParty {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
}

/** The site of a `public_url`. */
export function relyingParty(publicUrl: string): RelyingParty {
  const { hostname, origin } = new URL(publicUrl);
  return { id: hostname, name: 'Countersign', origin };
}

export interface Registered {
  readonly public_key: string;
  readonly webauthn: NonNullable<Credential['webauthn']>;
}

export interface Asserted {
  readonly client_data_json: string;
  readonly authenticator_data: string;
  readonly signature: string;
  readonly counter: number;
}

type CredentialReader = Pick<PrincipalStore, 'credential' | 'credentials'>;

/** ES256, EdDSA, and RS256 for the TPMs that have nothing else: COSE algorithm numbers. */
const ALGORITHMS = [-7, -8, -257];

/** WebAuthn ceremonies, user verification always required. The only importer of the WebAuthn library. */
export class Passkeys {
  readonly #party: RelyingParty;
  readonly #principals: CredentialReader;

  constructor(party: RelyingParty, principals: CredentialReader) {
    this.#party = party;
    this.#principals = principals;
  }

  async registrationOptions(
    challenge: Uint8Array,
    person: { readonly id: string; readonly email: string },
  ): Promise<WebauthnJson> {
    const known = await this.#principals.credentials(person.id);
    const options = await generateRegistrationOptions({
      rpName: this.#party.name,
      rpID: this.#party.id,
      userName: person.email,
      userID: new TextEncoder().encode(person.id),
      challenge: Uint8Array.from(challenge),
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
      excludeCredentials: known.flatMap(({ webauthn }) =>
        webauthn === undefined ? [] : [{ id: webauthn.id }],
      ),
    });
    return { ...options };
  }

  /** Throws `invalid_signature`. */
  async verifyRegistration(challenge: Uint8Array, response: WebauthnJson): Promise<Registered> {
    const verified = await attempt(() =>
      verifyRegistrationResponse({
        response: response as unknown as RegistrationResponseJSON,
        expectedChallenge: base64url.encode(challenge),
        expectedOrigin: this.#party.origin,
        expectedRPID: this.#party.id,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      }),
    );
    if (!verified.verified || verified.registrationInfo === undefined) throw invalid();
    const { credential } = verified.registrationInfo;
    return {
      public_key: base64url.encode(credential.publicKey),
      webauthn: { id: credential.id, counter: credential.counter, transports: credential.transports ?? [] },
    };
  }

  /** Options to sign with one passkey, or undefined when that credential is none. */
  async assertionOptions(challenge: Uint8Array, credentialId: string): Promise<WebauthnJson | undefined> {
    const credential = await this.#principals.credential(credentialId);
    if (credential?.webauthn === undefined) return undefined;
    return await this.#options(challenge, [credential.webauthn]);
  }

  /** Options to sign in with any passkey that the browser finds. */
  async signInOptions(challenge: Uint8Array): Promise<WebauthnJson> {
    return await this.#options(challenge, []);
  }

  /** Throws `invalid_signature`. */
  async verifyAssertion(
    challenge: Uint8Array,
    response: WebauthnJson,
    credential: Credential,
  ): Promise<Asserted> {
    const { webauthn } = credential;
    const assertion = response as unknown as AuthenticationResponseJSON;
    if (webauthn === undefined || assertion.id !== webauthn.id) throw invalid();
    const verified = await attempt(() =>
      verifyAuthenticationResponse({
        response: assertion,
        expectedChallenge: base64url.encode(challenge),
        expectedOrigin: this.#party.origin,
        expectedRPID: this.#party.id,
        requireUserVerification: true,
        credential: {
          id: webauthn.id,
          publicKey: Uint8Array.from(base64url.decode(credential.public_key)),
          counter: webauthn.counter,
        },
      }),
    );
    if (!verified.verified) throw invalid();
    return {
      client_data_json: assertion.response.clientDataJSON,
      authenticator_data: assertion.response.authenticatorData,
      signature: assertion.response.signature,
      counter: verified.authenticationInfo.newCounter,
    };
  }

  /** Checks stored evidence again, years later: the signature, the challenge and the site, not the counter. */
  async recheck(
    challenge: Uint8Array,
    evidence: Evidence & { kind: 'passkey' },
    credential: Credential,
  ): Promise<boolean> {
    const { webauthn } = credential;
    if (webauthn === undefined) return false;
    const response = {
      id: webauthn.id,
      rawId: webauthn.id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: evidence.client_data_json,
        authenticatorData: evidence.authenticator_data,
        signature: evidence.signature,
      },
    };
    try {
      await this.verifyAssertion(challenge, response, {
        ...credential,
        webauthn: { ...webauthn, counter: 0 },
      });
      return true;
    } catch {
      return false;
    }
  }

  async #options(
    challenge: Uint8Array,
    allow: readonly { readonly id: string; readonly transports: readonly string[] }[],
  ): Promise<WebauthnJson> {
    const options = await generateAuthenticationOptions({
      rpID: this.#party.id,
      challenge: Uint8Array.from(challenge),
      userVerification: 'required',
      ...(allow.length === 0
        ? {}
        : {
            allowCredentials: allow.map(({ id, transports }) => ({
              id,
              transports: transports as AuthenticatorTransport[],
            })),
          }),
    });
    return { ...options };
  }
}

async function attempt<T>(ceremony: () => Promise<T>): Promise<T> {
  try {
    return await ceremony();
  } catch (error) {
    throw invalid(error);
  }
}

// What exactly was wrong helps an attacker more than a person: the cause stays with us.
function invalid(cause?: unknown): ConsentError {
  return new ConsentError('invalid_signature', 'the passkey did not sign that challenge for this site', {
    cause,
  });
}
