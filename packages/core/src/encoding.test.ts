import { describe, expect, it } from 'vitest';
import type { BytesCodec } from './encoding.ts';
import { base64, base64url, EncodingError, hex, utf8Decode, utf8Encode } from './encoding.ts';

describe('codecs', () => {
  it.each<[string, BytesCodec, number[], string]>([
    ['base64url', base64url, [0xfb, 0xff], '-_8'],
    ['base64', base64, [0xfb, 0xff], '+/8='],
    ['hex', hex, [0xfb, 0x0f], 'fb0f'],
    ['base64url', base64url, [], ''],
  ])('%s writes and reads %j', (_name, codec, bytes, text) => {
    expect(codec.encode(Uint8Array.from(bytes))).toBe(text);
    expect([...codec.decode(text)]).toEqual(bytes);
  });

  it.each<[string, BytesCodec, string]>([
    ['padding', base64url, '-_8='],
    ['the other alphabet', base64url, '+/8'],
    ['stray bits', base64url, '-_9'],
    ['a lone digit', base64url, 'A'],
    ['white space', base64url, '-_8\n'],
    ['no padding', base64, '+/8'],
    ['the other alphabet', base64, '-_8='],
    ['stray bits', base64, '+/9='],
    ['white space', base64, ' +/8='],
    ['uppercase', hex, 'FB'],
    ['an odd digit', hex, 'fb0'],
    ['a letter beyond f', hex, 'fg'],
  ])('refuse %s', (_name, codec, text) => {
    expect(() => codec.decode(text)).toThrow(EncodingError);
  });
});

describe('utf-8', () => {
  it('keeps a byte order mark and astral characters', () => {
    expect(utf8Decode(utf8Encode('\ufeff😀'))).toBe('\ufeff😀');
  });

  it('refuses lone surrogates and malformed bytes', () => {
    expect(() => utf8Encode('\ud800')).toThrow('text has a lone surrogate');
    expect(() => utf8Decode(Uint8Array.of(0xc0, 0x80))).toThrow('bytes are not utf-8');
  });
});
