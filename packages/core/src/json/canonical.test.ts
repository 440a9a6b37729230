import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '../encoding.ts';
import { canonicalHash, canonicalJson } from './canonical.ts';
import { parseJson } from './parse.ts';
import type { JsonArray, JsonObject, JsonValue } from './value.ts';
import { isSafeNumber, setMember } from './value.ts';

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

const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true }).filter(isSafeNumber),
    fc.maxSafeInteger().filter(isSafeNumber),
    fc.string({ unit: 'binary' }),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('__proto__')), tie('json'), {
      maxKeys: 5,
    }),
  ),
}));

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
