import { base64 as rawBase64, base64url as rawBase64url } from '#base64';
import { hex as scureHex } from '@scure/base';

/** Input that is not what its encoding demands; `message` is one line. */
export class EncodingError extends Error {
  override readonly name: string = 'EncodingError';
}

/** Bytes to text and back. `decode` accepts only what `encode` writes and throws `EncodingError` on anything else. */
export interface BytesCodec {
  readonly encode: (bytes: Uint8Array) => string;
  readonly decode: (text: string) => Uint8Array<ArrayBuffer>;
}

/** Base64url without padding (RFC 4648 §5, §3.2). */
export const base64url: BytesCodec = strict('unpadded base64url', rawBase64url);

/** Base64 with padding (RFC 4648 §4). */
export const base64: BytesCodec = strict('padded base64', rawBase64);

/** Lowercase hex. */
export const hex: BytesCodec = strict('lowercase hex', {
  encode: scureHex.encode,
  decode(text) {
    if (/[A-F]/.test(text)) throw new EncodingError('uppercase');
    return scureHex.decode(text);
  },
});

const encoder: TextEncoder = new TextEncoder();
// ignoreBOM keeps a byte order mark in the text, where strict readers see and refuse it.
const decoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of `text`; throws `EncodingError` on a lone surrogate, which TextEncoder would replace in silence. */
export function utf8Encode(text: string): Uint8Array<ArrayBuffer> {
  assertWellFormed(text);
  return encoder.encode(text);
}

/** Throws `EncodingError` on a lone surrogate, which has no UTF-8. */
export function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new EncodingError('text has a lone surrogate');
}

/** Text of UTF-8 `bytes`, a byte order mark included; throws `EncodingError` on malformed bytes. */
export function utf8Decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new EncodingError('bytes are not utf-8', { cause });
  }
}

function strict(
  format: string,
  codec: { encode(b: Uint8Array): string; decode(s: string): Uint8Array },
): BytesCodec {
  return {
    encode: (bytes) => codec.encode(bytes),
    decode(text) {
      try {
        return new Uint8Array(codec.decode(text));
      } catch (cause) {
        throw new EncodingError(`text is not ${format}`, { cause });
      }
    },
  };
}
