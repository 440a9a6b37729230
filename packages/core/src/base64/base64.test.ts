import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as chosen from '#base64';
import * as node from './node.ts';
import type { Base64 } from './portable.ts';
import * as portable from './portable.ts';

/** RFC 4648 §10, and the two letters in which the alphabets differ. */
const EXAMPLES: [bytes: string, base64: string][] = [
  ['', ''],
  ['f', 'Zg=='],
  ['fo', 'Zm8='],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg=='],
  ['fooba', 'Zm9vYmE='],
  ['foobar', 'Zm9vYmFy'],
  ['\u00fb\u00ff\u00fe', '+//+'],
];

function bytesOf(latin1: string): Uint8Array {
  return Uint8Array.from(latin1, (each) => each.charCodeAt(0));
}

/** The bytes, or that there are none. */
function read({ decode }: Base64, text: string): number[] | undefined {
  try {
    return [...decode(text)];
  } catch {
    return undefined;
  }
}

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'AQgw0+/-_=\n é\ud83d'.split('')), maxLength: 9 }),
  fc.uint8Array({ maxLength: 70 }).map(portable.base64.encode),
  fc.uint8Array({ maxLength: 70 }).map(portable.base64url.encode),
);

describe.each<[string, typeof portable]>([
  ['native', node],
  ['portable', portable],
])('%s base64', (_name, { base64, base64url }) => {
  it.each(EXAMPLES)('writes and reads %j as %j', (bytes, padded) => {
    const forAddresses = padded.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    expect(base64.encode(bytesOf(bytes))).toBe(padded);
    expect(base64url.encode(bytesOf(bytes))).toBe(forAddresses);
    expect(read(base64, padded)).toEqual([...bytesOf(bytes)]);
    expect(read(base64url, forAddresses)).toEqual([...bytesOf(bytes)]);
  });

  it('writes the part of a buffer that it is given', () => {
    expect(base64.encode(bytesOf('xxfooxx').subarray(2, 5))).toBe('Zm9v');
  });

  it('reads only what it writes', () => {
    fc.assert(
      fc.property(text, (each) => {
        for (const codec of [base64, base64url]) {
          const bytes = read(codec, each);
          if (bytes !== undefined) expect(codec.encode(Uint8Array.from(bytes))).toBe(each);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

it('both are one function', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), text, (bytes, each) => {
      for (const [one, other] of [
        [node.base64, portable.base64],
        [node.base64url, portable.base64url],
      ] as const) {
        expect(one.encode(bytes)).toBe(other.encode(bytes));
        expect(read(one, each)).toEqual(read(other, each));
      }
    }),
    { numRuns: 2000 },
  );
});

it('in Node it is the native one', () => {
  expect(chosen.base64).toBe(node.base64);
});
