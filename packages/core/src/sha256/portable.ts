import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { base64url, utf8Encode } from '../encoding.ts';

/** SHA-256 of `bytes` (FIPS 180-4), 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nobleSha256(bytes);
}

/** Unpadded base64url SHA-256 of the UTF-8 of `text`; throws `EncodingError` on a lone surrogate. */
export function sha256OfText(text: string): string {
  return base64url.encode(nobleSha256(utf8Encode(text)));
}
