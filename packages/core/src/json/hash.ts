import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';

/** SHA-256 of `bytes` (FIPS 180-4), 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nobleSha256(bytes);
}
