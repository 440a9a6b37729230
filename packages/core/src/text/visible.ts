/**
 * Text from agents and servers, made safe to show: every character that hides, reorders or imitates is
 * written as `\u{hex}`, and so is a backslash's own escape, so that what is shown is unambiguous.
 */
export function visible(text: string): string {
  return text
    .replace(/\\(?=u\{)/g, '\\u{5c}')
    .replace(HIDDEN, escape)
    .replace(IMITATION, escape)
    .replace(WORD, unmask);
}

/** A JSON string literal of `text`, with nothing hidden: line breaks and tabs as their short escapes. */
export function quoted(text: string): string {
  const literal = text.replace(/[\\"\n\r\t]/g, (char) => SHORT[char] ?? char);
  return `"${literal.replace(HIDDEN, escape).replace(IMITATION, escape).replace(WORD, unmask)}"`;
}

const SHORT: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

// Controls, formats (bidi, zero-width, tags, soft hyphen), line and paragraph separators, every space but
// U+0020, private use, unassigned, surrogates, variation selectors, fillers that render as nothing.
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;

// Letters, digits and punctuation that are ASCII in disguise: full-width forms, mathematical alphanumerics, slash and dot look-alikes.
const IMITATION =
  /[\uff01-\uff5e\u{1d400}-\u{1d7ff}\u2044\u2215\u29f8\u2571\u2024\u2025\u2039\u203a\u02d0\u2236\ua789\u01c3\u2010-\u2015\u2212\u2018\u2019\u201c\u201d\u02bc\u2032\u2033]/gu;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const LATIN = /\p{Script=Latin}|[0-9]/u;
const OTHER_ALPHABET = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/gu;
const LOOK_ALIKE =
  /^[аеорсухіјѕһԁԛԝгпкмтьѵАВЕКМНОРСТУХІЈЅԌԚԜοναικρυτχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ]+$/u;

function unmask(word: string): string {
  OTHER_ALPHABET.lastIndex = 0;
  if (!OTHER_ALPHABET.test(word)) return word;
  return LATIN.test(word) || LOOK_ALIKE.test(word) ? word.replace(OTHER_ALPHABET, escape) : word;
}

function escape(char: string): string {
  return `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`;
}
