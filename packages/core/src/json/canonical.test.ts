import { readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '../encoding.ts';
import { canonicalHash, canonicalJson } from './canonical.ts';
import { JsonError, parseJson } from './parse.ts';
import type { JsonArray, JsonObject, JsonValue } from './value.ts';
import { checkJson, isSafeNumber, MAX_DEPTH, setMember } from './value.ts';

interface Vectors {
  numbers: { ieee754: string; json: string }[];
  refused_numbers: { ieee754: string }[];
  objects: { text: string; canonical: string }[];
  hashes: { text: string; hash: string }[];
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/jcs.json', import.meta.url), 'utf8'),
);

function double(ieee754: string): number {
  return new DataView(hex.decode(ieee754).buffer).getFloat64(0);
}

function isArray(value: JsonArray | JsonObject): value is JsonArray {
  return Array.isArray(value);
}

function reversed(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map(reversed);
  const out: { [key: string]: JsonValue } = {};
  for (const [key, member] of Object.entries(value).toReversed()) setMember(out, key, reversed(member));
  return out;
}

/**
 * Names that objects treat otherwise than the rest: prototypes, indices, which come first and in numeric order, what
 * JSON.stringify calls, and pairs whose order by UTF-16 is not that by code points.
 */
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toJSON',
  '0',
  '9',
  '10',
  '4294967295',
  '-1',
  '01',
  '1e3',
  '',
].concat('\ue000', '\uffff', '😀', '\u{10ffff}', '"', '\\', '\n', '\u007f', '\u2028', 'é', 'e\u0301');

const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...ODD_NAMES));

const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true }).filter(isSafeNumber),
    fc.maxSafeInteger().filter(isSafeNumber),
    fc.string({ unit: 'binary' }),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(name, tie('json'), { maxKeys: 5 }),
    fc.dictionary(name, fc.boolean(), { minKeys: 14, maxKeys: 20 }),
  ),
}));

/** JSON, and here and there what is none. */
const { anything } = fc.letrec((tie) => ({
  anything: fc.oneof(
    { maxDepth: 4 },
    { weight: 4, arbitrary: json },
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: fc.constantFrom('a', '"', '\ud83d', '\ude00') }),
    fc.constantFrom(undefined, -0, 2 ** 53, Symbol.iterator, () => 1, new Date(0), new Map(), new Number(1)),
    fc.array(tie('anything'), { maxLength: 3 }),
    fc.sparseArray(tie('anything'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(name, fc.constant('\ud83d')), tie('anything'), { maxKeys: 3 }),
  ),
}));

function nested(depth: number): JsonValue {
  return depth === 0 ? 1 : depth % 2 === 0 ? [nested(depth - 1)] : { a: nested(depth - 1) };
}

/** What is written, or why nothing is. */
function outcome(write: () => string | undefined): unknown {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { code: error.code, message: error.message, offset: error.offset };
  }
}

describe('canonicalJson', () => {
  it.each(vectors.numbers)('writes $ieee754 as $json', ({ ieee754, json: expected }) => {
    expect(canonicalJson(double(ieee754))).toBe(expected);
    expect(parseJson(expected)).toBe(double(ieee754));
  });

  it.each(vectors.refused_numbers)('refuses $ieee754', ({ ieee754 }) => {
    expect(() => canonicalJson(double(ieee754))).toThrow(expect.objectContaining({ code: 'unsafe_number' }));
  });

  it.each(vectors.objects)('writes $canonical', ({ text, canonical }) => {
    expect(canonicalJson(parseJson(text))).toBe(canonical);
  });

  it('refuses a lone surrogate and what is no json', () => {
    expect(() => canonicalJson(['\ud800'])).toThrow(expect.objectContaining({ code: 'lone_surrogate' }));
    expect(() => canonicalJson(JSON.parse('[]', () => undefined))).toThrow('undefined is not json');
  });

  it('writes what another implementation writes', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses what checkJson refuses, for the same reason, and nothing else', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const expected = outcome(() => canonicalize(checkJson(value, 2 * MAX_DEPTH)));
        expect(outcome(() => canonicalJson(value as JsonValue))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('nests twice as deep as a message may, and no deeper', () => {
    expect(canonicalJson(nested(2 * MAX_DEPTH))).toBe(canonicalize(nested(2 * MAX_DEPTH)));
    expect(() => canonicalJson(nested(2 * MAX_DEPTH + 1))).toThrow(
      expect.objectContaining({ code: 'too_deep', message: 'value is nested too deep' }),
    );
  });

  it.each([1, 16, 17, 1000])('sorts %i members', (count) => {
    const names = Array.from(
      { length: count },
      (_, i) => ['😀', '\ue000', ''][i % 3]! + ((i * 7919) % count),
    );
    const value = Object.fromEntries(names.map((each) => [each, each]));
    expect(canonicalJson(value)).toBe(canonicalize(value));
  });

  it('reads a getter once', () => {
    let reads = 0;
    const value = Object.defineProperty({}, 'a', { enumerable: true, get: () => ++reads });
    expect(canonicalJson(value)).toBe('{"a":1}');
  });

  it('escapes what must be, and nothing else, of all that text is made of', () => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const text = `a${String.fromCharCode(unit)}z`;
      if (text.isWellFormed()) expect(canonicalJson(text)).toBe(JSON.stringify(text));
      else expect(() => canonicalJson(text)).toThrow('string has a lone surrogate');
    }
  });

  it('is read back as the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(parseJson(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });
});

describe('canonicalHash', () => {
  it.each(vectors.hashes)('hashes $text', ({ text, hash }) => {
    expect(canonicalHash(parseJson(text))).toBe(hash);
  });
});
