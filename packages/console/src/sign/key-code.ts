import {
  base64URLStringToBuffer,
  bufferToBase64URLString,
  type RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { canonicalHash } from '@countersign/core';

/**
 * A short code of a public key that two people can compare over the phone: 64 bits of its digest in hex.
 * It is how a signer knows that the key waiting for a signature is the one that the invited person made.
 */
export function keyCode(publicKey: string): string {
  const digest = new Uint8Array(base64URLStringToBuffer(canonicalHash(publicKey))).subarray(0, 8);
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.match(/.{4}/g)?.join(' ') ?? hex;
}

const FLAGS_AT = 32;
const EXTENSIONS_FOLLOW = 0x80;
const ID_LENGTH_AT = 53;

/** The COSE key inside a registration, unpadded base64url, or undefined where it cannot be told apart. WebAuthn §6.5.1. */
export function registeredKey(response: RegistrationResponseJSON): string | undefined {
  const encoded = response.response.authenticatorData;
  if (encoded === undefined) return undefined;
  const data = new Uint8Array(base64URLStringToBuffer(encoded));
  if (((data[FLAGS_AT] ?? EXTENSIONS_FOLLOW) & EXTENSIONS_FOLLOW) !== 0) return undefined;
  const idLength = ((data[ID_LENGTH_AT] ?? 0) << 8) | (data[ID_LENGTH_AT + 1] ?? 0);
  const key = data.slice(ID_LENGTH_AT + 2 + idLength);
  return key.length === 0 ? undefined : bufferToBase64URLString(key.buffer);
}
