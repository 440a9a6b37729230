import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readBack } from './read-back.ts';

it('tells names with escapes apart, whatever was read before', () => {
  // V8 takes the second name for the first, where the first was read at its place before.
  const texts = [
    String.raw`{"P":0,"\\":1,"w":"一"}`,
    String.raw`{"P":0,"\"":2,"w":1}`,
    String.raw`{"a":"x","\\":1}`,
    String.raw`{"a":"x","\n":1}`,
    String.raw`{"P":0,"\"":"rm -rf /","\\":"ls"}`,
  ];
  for (const text of [...texts, ...texts.toReversed(), ...texts])
    expect(JSON.stringify(readBack(text))).toBe(text);
});

it('reads what JSON.stringify writes', () => {
  const name = fc.string({ unit: fc.constantFrom('\t', '\\', '"', 'a', '\n', '💡'), maxLength: 2 });
  fc.assert(
    fc.property(fc.dictionary(name, fc.oneof(fc.string(), fc.integer())), (value) => {
      expect(JSON.stringify(readBack(JSON.stringify(value)))).toBe(JSON.stringify(value));
    }),
    { numRuns: 3000 },
  );
});

it('reads what our own parser refuses as JavaScript does', () => {
  for (const text of [
    String.raw`{"\n":1e300}`,
    String.raw`["\ud800"]`,
    `{"\\n":${'['.repeat(1100)}${']'.repeat(1100)}}`,
  ])
    expect(JSON.stringify(readBack(text))).toBe(JSON.stringify(JSON.parse(text)));
  expect(() => readBack('{"\\n"')).toThrow(SyntaxError);
});
