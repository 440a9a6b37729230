import {
  ARABIC,
  ARMENIAN,
  CYRILLIC,
  EAST_ASIAN,
  GEORGIAN,
  GREEK,
  HEBREW,
  LATIN,
  LOOK_ALIKES,
  MARKED_ALPHABETS,
  MARKS,
  SYMBOLS,
} from './characters.ts';

/**
 * Text from agents and servers, made safe to show: every character that hides, reorders or imitates is
 * written as `\u{hex}`, and so is a backslash's own escape, so that what is shown is unambiguous.
 */
export function visible(text: string): string {
  return shown(text, (char, next) => (char === '\\' && next === 'u{' ? escape(char) : char));
}

/**
 * A JSON string literal of `text`, with nothing hidden: line breaks and tabs as their short escapes. One
 * with right-to-left letters stands in an isolate, so that it swaps places with nothing outside its quotes.
 */
export function quoted(text: string): string {
  const literal = `"${shown(text, (char) => SHORT[char] ?? char)}"`;
  return RIGHT_TO_LEFT.test(literal) ? `\u2066${literal}\u2069` : literal;
}

const SHORT: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const ALPHABETS: readonly RegExp[] = [
  `A-Za-z${LATIN}`,
  GREEK,
  CYRILLIC,
  ARMENIAN,
  GEORGIAN,
  HEBREW,
  ARABIC,
  ...MARKED_ALPHABETS,
].map((letters) => new RegExp(`[${letters}]`, 'u'));

const MARKED = MARKED_ALPHABETS.join('');
const FOREIGN = `${GREEK}${CYRILLIC}${ARMENIAN}${GEORGIAN}${HEBREW}${ARABIC}${MARKED}`;
const WORD = `0-9A-Za-z${LATIN}${FOREIGN}${EAST_ASIAN}`;

/** A word of any alphabet, or a character that is not shown as it is; other ASCII and symbols pass by. */
const TOKEN = new RegExp(`[${WORD}]+|[\\\\"]|[^\\x20-\\x7e${WORD}${SYMBOLS}]`, 'gu');
const ASCII = /^[\0-\x7f]*$/;
const FOREIGN_LETTER = new RegExp(`[${FOREIGN}]`, 'gu');
const RIGHT_TO_LEFT = new RegExp(`[${HEBREW}${ARABIC}]`, 'u');
const RIGHT_TO_LEFT_LETTER = new RegExp(`[${HEBREW}${ARABIC}]`, 'gu');
const LEFT_TO_RIGHT = new RegExp(
  `[0-9A-Za-z${LATIN}${GREEK}${CYRILLIC}${ARMENIAN}${GEORGIAN}${MARKED}${EAST_ASIAN}]`,
  'u',
);
const LOOK_ALIKE = new RegExp(`^[0-9${LOOK_ALIKES}]+$`, 'u');
const MARK_RUN = new RegExp(`([^${MARKS}]?)([${MARKS}]+)`, 'gu');
const MARK = new RegExp(`[${MARKS}]`, 'gu');
const CARRIES_MARKS = new RegExp(`^[${MARKED}]$`, 'u');
/** More marks than a letter of any language has pile up over the lines above and below. */
const MOST_MARKS = 4;

/** `ascii` writes a character that is one of ASCII's own and no letter, knowing the two that follow it. */
function shown(text: string, ascii: (char: string, next: string) => string): string {
  // Left and right change places where both directions meet in one text: a path would show its parts reordered.
  const reorders = RIGHT_TO_LEFT.test(text) && LEFT_TO_RIGHT.test(text);
  return text.replace(TOKEN, (token, at: number) => {
    if (WORD_START.test(token)) return ASCII.test(token) ? token : word(token, reorders);
    const written = ascii(token, text.slice(at + token.length, at + token.length + 2));
    return written === token && !PRINTABLE.test(token) ? escape(token) : written;
  });
}

const WORD_START = new RegExp(`^[${WORD}]`, 'u');
const PRINTABLE = /^[\x20-\x7e]$/;

function word(text: string, reorders: boolean): string {
  const alphabets = ALPHABETS.filter((alphabet) => alphabet.test(text)).length;
  if (alphabets > 1 || LOOK_ALIKE.test(text)) return text.replace(FOREIGN_LETTER, escape);
  return (reorders ? text.replace(RIGHT_TO_LEFT_LETTER, escape) : text).replace(MARK_RUN, markRun);
}

/** Marks stay where a letter of theirs carries them and where no other spelling looks the same (NFC). */
function markRun(run: string, base: string, marks: string): string {
  const carried = CARRIES_MARKS.test(base) && marks.length <= MOST_MARKS && run.normalize('NFC') === run;
  return carried ? run : base + marks.replace(MARK, escape);
}

function escape(char: string): string {
  return `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`;
}
