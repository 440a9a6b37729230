import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as chosen from '#sha256';
import { base64url, EncodingError, hex, utf8Encode } from '../encoding.ts';
import * as node from './node.ts';
import * as portable from './portable.ts';

/** NIST's examples of FIPS 180-4: none, one and two blocks, a multi-block message, and a million bytes. */
const EXAMPLES: [text: string, digest: string][] = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  [
    'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
    'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];

describe.each<[string, typeof portable]>([
  ['native', node],
  ['portable', portable],
])('%s SHA-256', (_name, { sha256, sha256OfText }) => {
  it.each(EXAMPLES)('of %.60j', (text, digest) => {
    expect(sha256(utf8Encode(text))).toStrictEqual(hex.decode(digest));
    expect(sha256OfText(text)).toBe(base64url.encode(hex.decode(digest)));
  });

  it('of a part of a buffer is of that part', () => {
    const abc = utf8Encode('xxabcxx').subarray(2, 5);
    expect(hex.encode(sha256(abc))).toBe(EXAMPLES[1]![1]);
  });

  it('keeps no hold of what it hashed', () => {
    const bytes = utf8Encode('abc');
    const digest = sha256(bytes);
    bytes.fill(0);
    expect(sha256(bytes)).not.toEqual(digest);
    expect(digest.buffer.byteLength).toBe(32);
    expect(hex.encode(digest)).toBe(EXAMPLES[1]![1]);
  });

  it('refuses text that has no utf-8', () => {
    expect(() => sha256OfText('a\ud800')).toThrow(new EncodingError('text has a lone surrogate'));
  });
});

it('both are one function', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(node.sha256(bytes)).toStrictEqual(portable.sha256(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(node.sha256OfText(text)).toBe(portable.sha256OfText(text));
      expect(node.sha256OfText(text)).toBe(base64url.encode(node.sha256(utf8Encode(text))));
    }),
  );
});

it('in Node it is the native one', () => {
  expect(chosen.sha256).toBe(node.sha256);
});
