import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalHash } from '../json/canonical.ts';
import { quoted, visible } from './visible.ts';

const EVERY_CHARACTER: readonly string[] = Array.from({ length: 0x110000 }, (_, code) =>
  String.fromCodePoint(code),
);

function codeOf(char: string): string {
  return `\\u{${char.codePointAt(0)!.toString(16)}}`;
}

const SHOWN = EVERY_CHARACTER.filter((char) => visible(char) === char);

describe('every character', () => {
  it('is shown as it is or by its code point', () => {
    const other = EVERY_CHARACTER.filter((char) => ![char, codeOf(char)].includes(visible(char)));
    expect(other).toEqual([]);
  });

  it('is quoted as a literal that JSON reads as that character', () => {
    const other = EVERY_CHARACTER.filter((char) => unquoted(quoted(char)) !== char);
    expect(other).toEqual([]);
  });

  it.each([
    ['controls, formats, surrogates, private use and unassigned', /[\p{C}]/u],
    ['separators but the space', /(?! )\p{Z}/u],
    ['what renders as nothing', /\p{Default_Ignorable_Code_Point}/u],
    ['variation selectors', /\p{Variation_Selector}/u],
    ['marks without a letter', /\p{M}/u],
    ['digits of other scripts', /(?![0-9])\p{Nd}/u],
    ['fillers and blanks', /[\u115f\u1160\u3164\uffa0\u2800]/u],
    ['alphabets made of look-alikes', /[\p{sc=Cherokee}\p{sc=Lisu}\p{sc=Coptic}\p{sc=Deseret}\p{sc=Osage}]/u],
    ['dashes and quotation marks', /(?![-"'«»\u30fc])[\p{Pd}\p{Pi}\p{Pf}]/u],
    [
      'bars, slashes, dots and colons in disguise',
      /[\u2215\u2044\u2571\u29f8\u2216\u29f5\u2572\u2223\u01c0\u2024-\u2026\u02d0\u2236\ua789]/u,
    ],
  ])('is escaped: %s', (_name, pattern) => {
    expect(SHOWN.filter((char) => pattern.test(char))).toEqual([]);
  });

  it('is escaped when it is ASCII by compatibility, or another character by composition', () => {
    const disguised = SHOWN.filter((char) => char > '\x7f' && /^[\0-\x7f]*$/.test(char.normalize('NFKC')));
    expect(disguised).toEqual([]);
    expect(SHOWN.filter((char) => char.normalize('NFC') !== char)).toEqual([]);
  });

  it('of these lists, and no others, is shown: a runtime with newer tables changes nothing', () => {
    // Should this change, the renderer needs a new version.
    expect(canonicalHash(SHOWN.join(''))).toMatchInlineSnapshot(
      `"U8JHDd0cUPt0JxYTpq5iDwNpj4F5tqPAlkfIjYoWiCs"`,
    );
    expect(SHOWN.length).toBe(86_439);
  });
});

describe('visible', () => {
  it.each([
    ['plain text stays', 'rm -rf /srv/a_b {x} "y" \'z\'', 'rm -rf /srv/a_b {x} "y" \'z\''],
    [
      'other languages stay',
      'привет мир, Ελλάδα, café, 日本ノート, 한국어',
      'привет мир, Ελλάδα, café, 日本ノート, 한국어',
    ],
    ['marks of their own letters stay', 'नमस्ते สวัสดี', 'नमस्ते สวัสดี'],
    ['names with digits stay', 'файл1.txt', 'файл1.txt'],
    ['a Cyrillic letter in a Latin word', 'p\u0430ypal', 'p\\u{430}ypal'],
    ['a Greek letter in a Cyrillic word', 'ко\u03bfт', '\\u{43a}\\u{43e}\\u{3bf}\\u{442}'],
    ['a word that is Latin to the eye', '\u0441\u043e\u0440/\u0430', '\\u{441}\\u{43e}\\u{440}/\\u{430}'],
    ['a letter that is a digit to the eye', '1\u0417', '1\\u{417}'],
    ['full width', '\uff41\uff0f', '\\u{ff41}\\u{ff0f}'],
    ['mathematical letters', '\u{1d5ba}', '\\u{1d5ba}'],
    ['a ligature', '\ufb01le', '\\u{fb01}le'],
    ['the Kelvin sign', '\u212a', '\\u{212a}'],
    ['a dotless i', 'f\u0131le', 'f\\u{131}le'],
    ['a bidi override', 'a\u202eb', 'a\\u{202e}b'],
    ['a zero-width joiner', '\u{1f468}\u200d\u{1f469}', '\u{1f468}\\u{200d}\u{1f469}'],
    ['a tag', '\u{1f3f4}\u{e0067}', '\u{1f3f4}\\u{e0067}'],
    ['a variation selector', '\u2764\ufe0f', '\u2764\\u{fe0f}'],
    ['a decomposed letter', 'cafe\u0301', 'cafe\\u{301}'],
    ['a decomposed letter with its own marks', '\u09c7\u09be', '\\u{9c7}\\u{9be}'],
    ['more marks than any language has', `\u0928${'\u0941'.repeat(5)}`, `\u0928${'\\u{941}'.repeat(5)}`],
    ['marks of another alphabet', 'a\u0941', 'a\\u{941}'],
    ['right to left alone', '\u05e9\u05dc\u05d5\u05dd!', '\u05e9\u05dc\u05d5\u05dd!'],
    ['right to left among left to right', '/a/\u05e9/1', '/a/\\u{5e9}/1'],
    ['right to left beside digits', '\u05e9 1 2', '\\u{5e9} 1 2'],
    ['a lone surrogate', 'a\ud800', 'a\\u{d800}'],
    ['an escape of ours as text', '\\u{202e}', '\\u{5c}u{202e}'],
    ['a backslash that is none', '\u2216u{202e}', '\\u{2216}u{202e}'],
    ['a plain backslash', 'C:\\users', 'C:\\users'],
  ])('%s', (_name, text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  it('puts words after a line break where they belong', () => {
    expect(quoted('\nпривет\tмир')).toBe('"\\nпривет\\tмир"');
  });
});

describe('for any text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        '\\',
        'u',
        '{',
        '}',
        '5c',
        '"',
        'n',
        '\n',
        '\u0430',
        'a',
        '\u200b',
        '\u05d0',
        '\u094d',
        '\u0915',
      ),
    }),
  );

  it('visible can be read back', () => {
    fc.assert(
      fc.property(text, (each) => {
        expect(unescaped(visible(each))).toBe(each);
      }),
      { numRuns: 2000 },
    );
  });

  it('quoted can be read back', () => {
    fc.assert(
      fc.property(text, (each) => {
        expect(unquoted(quoted(each))).toBe(each);
      }),
      { numRuns: 2000 },
    );
  });

  it('shows nothing twice the same, nor hides anything by what stands beside it', () => {
    fc.assert(
      fc.property(text, (each) => {
        expect(visible(each)).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]*$/u);
        expect(visible(each).normalize('NFC')).toBe(visible(each));
      }),
      { numRuns: 2000 },
    );
  });
});

function unescaped(shown: string): string {
  return shown.replace(/\\u\{([0-9a-f]+)\}/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)));
}

function unquoted(literal: string): string {
  const inner = literal.replace(/^\u2066?"|"\u2069?$/g, '');
  const short: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
  return inner.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/g, (_, code: string | undefined, char: string) =>
    code === undefined ? short[char]! : String.fromCodePoint(parseInt(code, 16)),
  );
}
