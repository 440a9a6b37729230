import { base64 as padded, base64urlnopad } from '@scure/base';

/** What `encode` writes, `decode` reads; anything else it throws at. */
export interface Base64 {
  readonly encode: (bytes: Uint8Array) => string;
  readonly decode: (text: string) => Uint8Array;
}

/** With padding (RFC 4648 §4). */
export const base64: Base64 = padded;

/** For addresses, without padding (RFC 4648 §5, §3.2). */
export const base64url: Base64 = base64urlnopad;
