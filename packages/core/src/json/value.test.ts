import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError } from './error.ts';
import type { JsonValue } from './value.ts';
import { checkJson, jsonEqual } from './value.ts';

const cyclic: unknown[] = [];
cyclic.push(cyclic);

describe('checkJson', () => {
  it.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'unsafe_number'],
    ['Infinity', [Infinity], 'unsafe_number'],
    ['-0', { a: -0 }, 'unsafe_number'],
    ['2^53', 2 ** 53, 'unsafe_number'],
    ['a lone surrogate', '\ud800', 'lone_surrogate'],
    ['a lone surrogate in a key', { '\udc00': 1 }, 'lone_surrogate'],
    ['a cycle', cyclic, 'too_deep'],
    ['undefined', undefined, 'invalid_json'],
    ['an undefined member', { a: undefined }, 'invalid_json'],
    ['a hole', Array.from({ length: 1 }), 'invalid_json'],
    ['a bigint', 1n, 'invalid_json'],
    ['a function', { toJSON: () => 1 }, 'invalid_json'],
    ['a date', new Date(0), 'invalid_json'],
    ['a map', new Map(), 'invalid_json'],
    ['bytes', new Uint8Array(1), 'invalid_json'],
  ])('refuses %s', (_name, value, code) => {
    expect(() => checkJson(value)).toThrow(
      expect.objectContaining({ name: 'JsonError', code, offset: undefined }),
    );
  });

  it('names a refused number', () => {
    expect(() => checkJson(-0)).toThrow(new JsonError('unsafe_number', 'number -0 is not exact'));
  });

  it('counts depth as the parser does', () => {
    expect(checkJson([[1]], 2)).toEqual([[1]]);
    expect(() => checkJson([[1]], 1)).toThrow('value is nested too deep');
  });

  it('reads a getter once', () => {
    let reads = 0;
    const value = Object.defineProperty({}, 'a', { enumerable: true, get: () => ++reads });
    expect(checkJson(value)).toEqual({ a: 1 });
    expect(reads).toBe(1);
  });

  it('copies, __proto__ and null prototypes included', () => {
    const source = { list: [{ a: 1 }] };
    Object.setPrototypeOf(source, null);
    Object.defineProperty(source, '__proto__', { value: 'x', enumerable: true });
    const copy = checkJson(source);
    source.list[0]!.a = 2;
    expect(copy).toHaveProperty('list', [{ a: 1 }]);
    expect(Reflect.ownKeys(Object(copy))).toEqual(['list', '__proto__']);
  });
});

describe('jsonEqual', () => {
  it.each<[JsonValue, JsonValue, boolean]>([
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: null }, {}, false],
    [{ toString: 1 }, { a: 1 }, false],
    [[], {}, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [null, {}, false],
    ['1', 1, false],
  ])('%j and %j: %s', (a, b, equal) => {
    expect(jsonEqual(a, b)).toBe(equal);
    expect(jsonEqual(b, a)).toBe(equal);
  });

  it('agrees with equality of copies', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: true }), (raw) => {
        const value: JsonValue = JSON.parse(JSON.stringify(raw));
        expect(jsonEqual(value, structuredClone(value))).toBe(true);
        expect(jsonEqual(value, [value])).toBe(false);
      }),
    );
  });
});
