import { sha256 } from '#sha256';
import { ed25519 } from '@noble/curves/ed25519.js';
import { base64, utf8Encode } from '../encoding.ts';
import { LogError } from './error.ts';

const ED25519_TYPE = 0x01;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** An Ed25519 key that verifies notes (c2sp.org/signed-note "Verifier keys"); `publicKey` has 32 bytes. */
export interface VerifierKey {
  readonly name: string;
  /** Four bytes, big-endian, as an unsigned integer. */
  readonly keyId: number;
  readonly publicKey: Uint8Array;
}

/** The verifier key of a name and a 32-byte Ed25519 public key; throws `LogError` `malformed_key`. */
export function verifierKey(name: string, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw malformed('key name is empty or has a space, plus or control character');
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw malformed('public key is not 32 bytes');
  return { name, keyId: keyId(name, publicKey), publicKey };
}

/** `<name>+<hex key id>+<base64 of type and key>`. */
export function formatVerifierKey({ name, keyId: id, publicKey }: VerifierKey): string {
  return `${name}+${id.toString(16).padStart(8, '0')}+${base64.encode(Uint8Array.of(ED25519_TYPE, ...publicKey))}`;
}

/** The key of a vkey text; throws `LogError` `malformed_key`, also for types other than Ed25519 and a wrong key id. */
export function parseVerifierKey(vkey: string): VerifierKey {
  const [, name, id, encoded] = /^([^+]+)\+([\da-f]{8})\+(.+)$/u.exec(vkey) ?? [];
  if (name === undefined || id === undefined || encoded === undefined)
    throw malformed('vkey is not name+id+key');
  const bytes = decodeKey(encoded);
  if (bytes[0] !== ED25519_TYPE) throw malformed('vkey is not of type ed25519');
  const key = verifierKey(name, bytes.subarray(1));
  if (key.keyId !== Number.parseInt(id, 16)) throw malformed('key id is not that of name and key');
  return key;
}

/** Whether `signature` over `message` is by `key` (RFC 8032 §5.1.7, strict); attacker-controlled, never throws. */
export function verifySignature(key: VerifierKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  try {
    return ed25519.verify(signature, message, key.publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/** Whether `name` may name a key: not empty, no Unicode space, no plus, no control character (c2sp.org/signed-note). */
export function isKeyName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- the specification forbids them
  return name.isWellFormed() && /^[^\p{White_Space}+\u0000-\u001f]+$/u.test(name);
}

function keyId(name: string, publicKey: Uint8Array): number {
  const digest = sha256(Uint8Array.of(...utf8Encode(name), 0x0a, ED25519_TYPE, ...publicKey));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

function decodeKey(encoded: string): Uint8Array {
  try {
    return base64.decode(encoded);
  } catch (cause) {
    throw malformed('vkey is not base64', { cause });
  }
}

function malformed(message: string, options?: ErrorOptions): LogError {
  return new LogError('malformed_key', message, options);
}
