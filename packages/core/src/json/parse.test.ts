import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Encode } from '../encoding.ts';
import { JsonError, parseJson } from './parse.ts';
import type { JsonLimits } from './parse.ts';
import type { JsonValue } from './value.ts';
import { checkJson } from './value.ts';

interface Vectors {
  accepted: { text: string; value: JsonValue }[];
  refused: { text: string; code: string; offset: number }[];
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/json-parse.json', import.meta.url), 'utf8'),
);

const SOUP = '{}[]",:-+.eE0123\\un/d8ta f\n\u0000\ud800é';

function refusal(
  text: string | Uint8Array,
  limits?: JsonLimits,
): { code: string; offset: number | undefined } {
  try {
    parseJson(text, limits);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    expect(error.message).toMatch(/^[a-z0-9][^\n]*$/);
    return { code: error.code, offset: error.offset };
  }
  throw new Error('accepted');
}

describe('parseJson', () => {
  it.each(vectors.accepted)('accepts $text', ({ text, value }) => {
    expect(parseJson(text)).toStrictEqual(value);
    expect(parseJson(utf8Encode(text))).toStrictEqual(value);
  });

  it.each(vectors.refused)('refuses $text with $code', ({ text, code, offset }) => {
    expect(refusal(text)).toEqual({ code, offset });
    if (text.isWellFormed()) expect(refusal(utf8Encode(text))).toEqual({ code, offset });
  });

  it('keeps __proto__ as an own member', () => {
    const value = parseJson('{"__proto__":{"admin":true}}');
    expect(Reflect.ownKeys(Object(value))).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value).not.toHaveProperty('admin');
  });

  it.each([
    [[0xff], 'invalid_utf8'],
    [[0x22, 0xed, 0xa0, 0x80, 0x22], 'invalid_utf8'],
    [[0x22, 0xc0, 0x80, 0x22], 'invalid_utf8'],
    [[0xef, 0xbb, 0xbf, 0x31], 'invalid_json'],
  ])('refuses the bytes %j', (bytes, code) => {
    expect(refusal(Uint8Array.from(bytes)).code).toBe(code);
  });

  it.each([
    ['[[[]]]', { maxDepth: 2 }, 'too_deep', 2],
    ['[[1],[1]]', { maxDepth: 1 }, 'too_deep', 1],
    ['['.repeat(100_000), {}, 'too_deep', 64],
    ['"€"', { maxBytes: 4 }, 'too_long', 0],
    [' '.repeat(1024 * 1024) + '1', {}, 'too_long', 0],
  ])('bounds %.20j by %j', (text, limits, code, offset) => {
    expect(refusal(text, limits)).toEqual({ code, offset });
  });

  it('reads what is just within its bounds', () => {
    expect(parseJson('[[],[[]]]', { maxDepth: 3 })).toEqual([[], [[]]]);
    expect(parseJson('"€"', { maxBytes: 5 })).toBe('€');
  });

  it('agrees with JSON.parse on what checkJson lets through', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const loose: unknown = JSON.parse(text);
        let strict: JsonValue;
        try {
          strict = checkJson(loose);
        } catch (error) {
          expect(error).toMatchObject({ code: refusal(text).code });
          return;
        }
        expect(parseJson(text)).toStrictEqual(strict);
      }),
    );
  });

  it('never accepts what JSON.parse refuses, and never crashes', () => {
    const soup = fc.string({
      unit: fc.constantFrom(...SOUP.split('')),
      maxLength: 24,
    });
    fc.assert(
      fc.property(soup, (text) => {
        let value: JsonValue;
        try {
          value = parseJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
          return;
        }
        expect(value).toStrictEqual(JSON.parse(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('accepts a decimal exactly when it is a spelling of a double’s shortest form', () => {
    const decimal = fc.tuple(
      fc.integer({ min: -999_999, max: 999_999 }),
      fc.integer({ min: -9, max: 9 }),
      fc.nat(3),
    );
    fc.assert(
      fc.property(decimal, ([digits, exponent, zeros]) => {
        if (digits === 0) return;
        const text = `${digits}.${'0'.repeat(zeros + 1)}e${exponent}`;
        expect(parseJson(text)).toBe(Number(`${digits}e${exponent}`));
        expect(refusal(`${digits}.00000000000000000001e${exponent}`).code).toBe('unsafe_number');
      }),
    );
  });
});

it('keeps nothing of a text but the strings that are kept', () => {
  const kept: JsonValue[] = [];
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 300; n++) {
    const parsed = parseJson(`{"name":"remembered name ${n}","\\u0062":"${'x'.repeat(500_000)}"}`);
    kept.push((parsed as { name: string }).name);
  }
  // 300 texts are 150 MB; what is not collected yet of the latest is less.
  expect(kept).toHaveLength(300);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
});
