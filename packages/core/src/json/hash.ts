import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';

/** The part of `node:crypto` that is used here. */
interface NodeCrypto {
  hash(algorithm: string, data: Uint8Array, encoding: 'buffer'): Uint8Array;
}
interface NodeProcess {
  getBuiltinModule?(id: string): NodeCrypto | undefined;
}

/** Where there is one, the machine's own hash: every decision takes several. A browser has none that answers at once. */
const native: NodeCrypto | undefined = (
  globalThis as { readonly process?: NodeProcess }
).process?.getBuiltinModule?.('node:crypto');

/** SHA-256 of `bytes` (FIPS 180-4), 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return native === undefined ? nobleSha256(bytes) : new Uint8Array(native.hash('sha256', bytes, 'buffer'));
}
