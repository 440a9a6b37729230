import {
  startAuthentication,
  startRegistration,
  WebAuthnError,
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { Problem } from '../api/client.ts';

/** The person closed the passkey prompt, or let it time out: no error, nothing happened. */
export class Cancelled extends Error {
  constructor() {
    super('The passkey prompt was closed. Nothing was signed.');
    this.name = 'Cancelled';
  }
}

/** Asks for a passkey signature; a vote always proves who holds the device, so verification is not left open. */
export async function signWithPasskey(
  options: PublicKeyCredentialRequestOptionsJSON,
): Promise<AuthenticationResponseJSON> {
  try {
    return await startAuthentication({ optionsJSON: { ...options, userVerification: 'required' } });
  } catch (error) {
    throw explained(error);
  }
}

export async function createPasskey(
  options: PublicKeyCredentialCreationOptionsJSON,
): Promise<RegistrationResponseJSON> {
  try {
    return await startRegistration({ optionsJSON: options });
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): Error {
  const name =
    error instanceof WebAuthnError && error.cause instanceof Error ? error.cause.name : nameOf(error);
  switch (name) {
    case 'NotAllowedError':
    case 'AbortError':
      return new Cancelled();
    case 'InvalidStateError':
      return new Problem(
        0,
        'passkey_exists',
        'This device already has a passkey for Countersign. Sign in with it.',
      );
    case 'SecurityError':
      return new Problem(
        0,
        'passkey_origin',
        'This address does not match the passkey’s domain. Open Countersign at its own address.',
      );
    default:
      return new Problem(
        0,
        'passkey_failed',
        'This device could not use a passkey. Try another browser, or a security key.',
      );
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
