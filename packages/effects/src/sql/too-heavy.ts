/** So many tokens may hang below one another. The parser's stack takes twice as much of anything, and of most much more. */
const MAX_HEIGHT = 2000;

/** PostgreSQL's scanner reads the rest of a run of operator characters again at each token in it. */
const MAX_RUNS = 4_000_000;

/**
 * Why the parser may not be given this text: it would take too long, or overflow its stack, which breaks it for all
 * texts after. Reads the text as PostgreSQL's scanner does.
 */
export function tooHeavy(sql: string): string | undefined {
  let runs = 0;
  for (const [run] of sql.matchAll(OPERATORS)) runs += run.length ** 2;
  if (runs > MAX_RUNS) return 'runs of operators too long';
  return new Height(sql).measure() > MAX_HEIGHT ? 'nested too deep, or too long without a comma' : undefined;
}

const OPERATORS = /[~!@#^&|`?+\-*/%<>=]{2,}/g;
const SPACE = /[ \t\n\r\f\v]+/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const WORD = /[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*/y;
const NUMBER = /\d\w*/y;
const DOLLAR = /\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$/y;
const OPERATOR = /[~!@#^&|`?*/%<>=]+/y;
const STRING_PREFIX = /(?:[bBxXnN]|[uU]&)?'/y;
const ESCAPE_PREFIX = /[eE]'/y;
const IDENTIFIER_PREFIX = /(?:[uU]&)?"/y;
/** Two texts with a line end between them are one. */
const CONTINUED = /(?:[ \t\f\v]|--[^\n\r]*(?![^\n\r]))*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/y;
const SET_OPERATION = /^(?:union|intersect|except)$/i;

/** What stands between two parentheses, or the whole. */
interface Level {
  /** Since the last comma: whatever is in a list hangs side by side. */
  tokens: number;
  /** The highest of what stands in parentheses since. */
  inner: number;
  /** The highest of what the list had before. */
  best: number;
  /** UNION and the like hang below one another across commas. */
  arms: number;
  /** The highest of the statements before. */
  done: number;
}

/**
 * An upper bound of how high a text's parse tree is. INVARIANT: a way down the tree passes at most each token of a
 * level since the last comma, and then into one of its parentheses.
 */
class Height {
  readonly #sql: string;
  #at = 0;
  #level: Level = emptyLevel();
  readonly #open: Level[] = [];

  constructor(sql: string) {
    this.#sql = sql;
  }

  measure(): number {
    while (this.#at < this.#sql.length) this.#token();
    while (this.#open.length > 0) this.#close();
    return heightOf(this.#level);
  }

  #token(): void {
    const sql = this.#sql;
    if (this.#skips(SPACE)) return;
    if (this.#skips(LINE_COMMENT)) return;
    if (sql.startsWith('/*', this.#at)) return this.#comment();
    if (this.#skips(ESCAPE_PREFIX)) return this.#text("'", true);
    if (this.#skips(STRING_PREFIX)) return this.#text("'", false);
    if (this.#skips(IDENTIFIER_PREFIX)) return this.#text('"', false);
    const dollar = this.#match(DOLLAR);
    if (dollar !== undefined) {
      const end = sql.indexOf(dollar, this.#at);
      this.#at = end < 0 ? sql.length : end + dollar.length;
      return this.#count();
    }
    const word = this.#match(WORD);
    if (word !== undefined) {
      if (SET_OPERATION.test(word)) this.#level.arms++;
      return this.#count();
    }
    if (this.#skips(NUMBER)) return this.#count();
    this.#symbol();
  }

  #symbol(): void {
    const symbol = this.#sql.charAt(this.#at);
    switch (symbol) {
      case '(':
      case '[':
        this.#open.push(this.#level);
        this.#level = emptyLevel();
        this.#at++;
        return;
      case ')':
      case ']':
        this.#close();
        this.#at++;
        return;
      case ',':
      case ';':
        this.#level.best = Math.max(this.#level.best, this.#level.tokens + this.#level.inner);
        this.#level.tokens = 0;
        this.#level.inner = 0;
        if (symbol === ';') this.#level = { ...emptyLevel(), done: heightOf(this.#level) };
        this.#at++;
        return;
      default:
        this.#operator();
    }
  }

  /** Up to where a comment begins; `+` and `-` may be tokens of their own wherever they stand. */
  #operator(): void {
    const run = this.#match(OPERATOR);
    if (run === undefined) this.#at++;
    else {
      const comment = run.indexOf('/*');
      if (comment >= 0) this.#at -= run.length - comment;
    }
    this.#count();
  }

  #comment(): void {
    const sql = this.#sql;
    let depth = 0;
    do {
      if (sql.startsWith('/*', this.#at)) {
        depth++;
        this.#at += 2;
      } else if (sql.startsWith('*/', this.#at)) {
        depth--;
        this.#at += 2;
      } else this.#at++;
    } while (depth > 0 && this.#at < sql.length);
  }

  #text(quote: string, escapes: boolean): void {
    const sql = this.#sql;
    for (; this.#at < sql.length; this.#at++) {
      const char = sql.charAt(this.#at);
      if (escapes && char === '\\') this.#at++;
      else if (char === quote) {
        this.#at++;
        if (sql.charAt(this.#at) === quote) continue;
        if (quote === '"' || !this.#skips(CONTINUED)) break;
        this.#at--;
      }
    }
    this.#count();
  }

  #count(): void {
    this.#level.tokens++;
  }

  #close(): void {
    const outer = this.#open.pop();
    if (outer === undefined) return;
    outer.inner = Math.max(outer.inner, heightOf(this.#level) + 1);
    outer.tokens++;
    this.#level = outer;
  }

  #skips(pattern: RegExp): boolean {
    return this.#match(pattern) !== undefined;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#sql)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

function emptyLevel(): Level {
  return { tokens: 0, inner: 0, best: 0, arms: 0, done: 0 };
}

function heightOf({ tokens, inner, best, arms, done }: Level): number {
  return Math.max(done, Math.max(best, tokens + inner) + arms);
}
