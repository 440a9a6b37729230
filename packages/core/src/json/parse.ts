import { utf8Decode } from '../encoding.ts';
import { JsonError } from './error.ts';
import { exactNumber } from './number.ts';
import type { JsonArray, JsonObject, JsonValue } from './value.ts';
import { MAX_DEPTH, setMember } from './value.ts';

export { JsonError } from './error.ts';

/** Bounds of one document; `maxBytes` counts UTF-8. */
export interface JsonLimits {
  readonly maxDepth?: number;
  readonly maxBytes?: number;
}

const MAX_BYTES = 1024 * 1024;

/**
 * The value of one JSON text (RFC 8259) under I-JSON's rules (RFC 7493 §2), stricter where peers could read it
 * differently. Throws `JsonError`: `duplicate_key`, `unsafe_number` (-0, beyond ±(2^53-1), or digits that a double
 * does not keep), `lone_surrogate`, `too_deep` (default 64), `too_long` (default 1 MiB), `invalid_utf8`, `invalid_json`.
 *
 * @example parseJson('{"a":1,"a":2}') // throws JsonError with code 'duplicate_key'
 */
export function parseJson(text: string | Uint8Array, limits: JsonLimits = {}): JsonValue {
  const { maxDepth = MAX_DEPTH, maxBytes = MAX_BYTES } = limits;
  return new Parser(decode(text, maxBytes), maxDepth).document();
}

/** Of a text so short it does not matter who keeps it. */
const SHORT = 4096;
/** A shorter one is no part of another in V8. */
const SHORTEST_PART = 13;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Integers of so many digits are summed up digit by digit without loss. */
const PLAIN_DIGITS = 15;

class Parser {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): JsonValue {
    const value = this.#value(this.#skipSpace());
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(first: number): JsonValue {
    switch (first) {
      case QUOTE:
        return this.#string();
      case OPEN_BRACE:
        return this.#object();
      case OPEN_BRACKET:
        return this.#array();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number(first);
    }
  }

  #object(): JsonObject {
    this.#enter();
    const members: { [key: string]: JsonValue } = {};
    let next = this.#skipSpace();
    if (next === CLOSE_BRACE) return this.#leave(members);
    for (;;) {
      if (next !== QUOTE) throw this.#unexpected();
      const keyAt = this.#at;
      const key = this.#string();
      // No JSON value is undefined, so only a key that is there already, or inherited, needs the slower look.
      if (members[key] !== undefined && Object.hasOwn(members, key)) {
        throw new JsonError('duplicate_key', 'object has the same key twice', keyAt);
      }
      if (this.#skipSpace() !== COLON) throw this.#unexpected();
      this.#at++;
      setMember(members, key, this.#value(this.#skipSpace()));
      next = this.#skipSpace();
      if (next === CLOSE_BRACE) return this.#leave(members);
      if (next !== COMMA) throw this.#unexpected();
      this.#at++;
      next = this.#skipSpace();
    }
  }

  #array(): JsonArray {
    this.#enter();
    const items: JsonValue[] = [];
    let next = this.#skipSpace();
    if (next === CLOSE_BRACKET) return this.#leave(items);
    for (;;) {
      items.push(this.#value(next));
      next = this.#skipSpace();
      if (next === CLOSE_BRACKET) return this.#leave(items);
      if (next !== COMMA) throw this.#unexpected();
      this.#at++;
      next = this.#skipSpace();
    }
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return this.#own(text.slice(start, at));
      }
      if (code === BACKSLASH) return this.#escapedString(start, at);
      if (code < 0x20) {
        this.#at = at;
        throw this.#unexpected();
      }
    }
    this.#at = text.length;
    throw this.#unexpected();
  }

  #escapedString(start: number, firstEscape: number): string {
    const text = this.#text;
    let out = '';
    let from = start;
    let at = firstEscape;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        out += text.slice(from, at);
        this.#at = at;
        out += this.#escape();
        from = this.#at;
        at = from - 1;
      } else if (!(code >= 0x20)) {
        this.#at = at;
        throw this.#unexpected();
      }
    }
    out += text.slice(from, at);
    this.#at = at + 1;
    // Two escapes may make one pair; only the whole string tells.
    if (!out.isWellFormed()) throw new JsonError('lone_surrogate', 'string has a lone surrogate', start - 1);
    return this.#own(out);
  }

  /**
   * The same text, not as a part of the whole: V8's part of a text keeps all of it, so that whoever remembered a name of
   * a message would remember the message.
   */
  #own(part: string): string {
    return this.#text.length > SHORT && part.length >= SHORTEST_PART ? ` ${part}`.slice(1) : part;
  }

  #escape(): string {
    const text = this.#text;
    const letter = text.charAt(this.#at + 1);
    const plain = ESCAPES.get(letter);
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    const digits = text.slice(this.#at + 2, this.#at + 6);
    if (letter !== 'u' || !/^[\da-fA-F]{4}$/.test(digits)) {
      throw new JsonError('invalid_json', 'string has a bad escape', this.#at);
    }
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #number(first: number): number {
    const text = this.#text;
    const start = this.#at;
    let at = first === MINUS ? start + 1 : start;
    const digitsAt = at;
    let sum = 0;
    let code = text.charCodeAt(at);
    while (code >= ZERO && code <= NINE) {
      sum = sum * 10 + (code - ZERO);
      code = text.charCodeAt(++at);
    }
    const digits = at - digitsAt;
    this.#at = at;
    if (digits === 0) throw this.#unexpected();
    if (digits > 1 && text.charCodeAt(digitsAt) === ZERO) {
      throw new JsonError('invalid_json', 'number has a leading zero', digitsAt);
    }
    const isInteger = code !== DOT && (code | 0x20) !== 0x65;
    if (isInteger && digits <= PLAIN_DIGITS && !(first === MINUS && sum === 0)) {
      return first === MINUS ? -sum : sum;
    }
    if (!isInteger) this.#fractionAndExponent();
    const value = exactNumber(text.slice(start, this.#at));
    if (value === undefined) throw new JsonError('unsafe_number', 'number has no exact double', start);
    return value;
  }

  #fractionAndExponent(): void {
    if (this.#text.charCodeAt(this.#at) === DOT) {
      this.#at++;
      this.#digits();
    }
    if ((this.#text.charCodeAt(this.#at) | 0x20) === 0x65) {
      this.#at++;
      const sign = this.#text.charCodeAt(this.#at);
      if (sign === 0x2b || sign === MINUS) this.#at++;
      this.#digits();
    }
  }

  #digits(): void {
    const start = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (!(code >= ZERO && code <= NINE)) break;
      this.#at++;
    }
    if (this.#at === start) throw this.#unexpected();
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  /** Skips white space and returns the code unit there, NaN at the end. */
  #skipSpace(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.#at++;
    }
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) throw new JsonError('too_deep', 'json is nested too deep', this.#at);
    this.#at++;
  }

  #leave<T>(value: T): T {
    this.#depth--;
    this.#at++;
    return value;
  }

  #unexpected(): JsonError {
    const ended = this.#at >= this.#text.length;
    return new JsonError('invalid_json', ended ? 'json ends too early' : 'unexpected character', this.#at);
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function decode(input: string | Uint8Array, maxBytes: number): string {
  if (input.length > maxBytes) throw new JsonError('too_long', `json is longer than ${maxBytes} bytes`, 0);
  if (typeof input !== 'string') {
    try {
      return utf8Decode(input);
    } catch {
      throw new JsonError('invalid_utf8', 'json is not utf-8', 0);
    }
  }
  // INVARIANT: from here on a lone surrogate can come from escapes only.
  if (!input.isWellFormed()) {
    throw new JsonError('lone_surrogate', 'json has a lone surrogate', loneSurrogateAt(input));
  }
  // A code unit takes at most three bytes, so most texts need no counting.
  if (input.length * 3 > maxBytes && new TextEncoder().encode(input).length > maxBytes) {
    throw new JsonError('too_long', `json is longer than ${maxBytes} bytes`, 0);
  }
  return input;
}

function loneSurrogateAt(text: string): number {
  return /\p{Surrogate}/u.exec(text)?.index ?? 0;
}
