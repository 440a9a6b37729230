import type { BraceExpansionPart, CommandExpansionPart, DoubleQuotedChild, Word, WordPart } from 'unbash';

/** One word of a command after quote removal, with what is known of how it expands. */
export interface Arg {
  /** As written. */
  readonly text: string;
  /** Its one exact value, undefined when it expands to anything else. */
  readonly value: string | undefined;
  /** What each word it becomes starts with. */
  readonly prefix: string;
  /** `many`: several words that each start with `prefix`; `free`: whatever words. */
  readonly becomes: 'one' | 'many' | 'free';
  /** Each text it may become, `*` and `?` as in globs; undefined when that cannot be told. */
  readonly patterns: readonly string[] | undefined;
}

/** What is known of the variables of a script. */
export interface KnownVariables {
  /** The texts a variable may hold, as patterns. */
  texts(name: string): readonly string[] | undefined;
  isNumber(name: string): boolean;
}

const MAX_PATTERNS = 32;

export function literal(value: string, text: string = value): Arg {
  return { text, value, prefix: value, becomes: 'one', patterns: [value] };
}

/** A word that is known to be one word only: `"$x"` when nothing is known of x. */
export function opaque(text: string, prefix = '', patterns?: readonly string[]): Arg {
  return { text, value: undefined, prefix, becomes: 'one', patterns };
}

/** Words about which nothing is known. */
export function anything(text: string): Arg {
  return { text, value: undefined, prefix: '', becomes: 'free', patterns: undefined };
}

/** Whether it may be an option, so that an operand is certain only when this is false. */
export function mayBeOption(arg: Arg): boolean {
  if (arg.value !== undefined) return arg.value.startsWith('-') && arg.value !== '-';
  if (arg.becomes === 'free') {
    return arg.patterns === undefined || arg.patterns.some((each) => !/^[^-*?[\s]\S*$/.test(each));
  }
  if (arg.prefix !== '') return arg.prefix.startsWith('-');
  return arg.patterns === undefined || arg.patterns.some((each) => !/^[^-*?[]/.test(each));
}

/** What is left of a word after its first `count` characters, which must be within its prefix. */
export function after(arg: Arg, count: number): Arg {
  return {
    text: arg.text,
    value: arg.value?.slice(count),
    prefix: arg.prefix.slice(count),
    becomes: arg.becomes,
    patterns: arg.patterns?.map((each) => each.slice(count)),
  };
}

export function resolve(word: Word, variables: KnownVariables): Arg {
  if (word.parts === undefined) return literal(word.value, word.text);
  return new Resolver(variables).word(word.parts, word.text);
}

class Resolver {
  readonly #variables: KnownVariables;
  #exact = true;
  #isAlone = false;
  #becomes: Arg['becomes'] = 'one';
  #prefix = '';
  #patterns: readonly string[] | undefined = [''];

  constructor(variables: KnownVariables) {
    this.#variables = variables;
  }

  word(parts: readonly WordPart[], text: string): Arg {
    this.#isAlone = parts.length === 1;
    for (const part of parts) this.#part(part);
    return {
      text,
      value: this.#exact ? this.#prefix : undefined,
      prefix: this.#prefix,
      becomes: this.#becomes,
      patterns: this.#patterns,
    };
  }

  #part(part: WordPart): void {
    switch (part.type) {
      case 'Literal':
      case 'SingleQuoted':
        this.#text(part.value);
        break;
      case 'AnsiCQuoted':
        // Bash keeps a line continuation in these, and the parser does not.
        if (part.text.includes('\\\n')) this.#expands('one', undefined);
        else this.#text(part.value);
        break;
      case 'DoubleQuoted':
        for (const child of part.parts) this.#quoted(child);
        break;
      case 'Glob':
        // `[$x]` expands before it is a pattern.
        if (part.parts?.some((each) => each.type !== 'Literal')) this.#expands('free', undefined);
        else this.#expands('many', [part.kind === 'star' ? '*' : '?']);
        break;
      case 'BraceExpansion':
        this.#braces(part);
        break;
      case 'ProcessSubstitution':
        if (this.#exact) this.#text('/dev/fd/');
        this.#expands('one', ['63']);
        break;
      case 'SimpleExpansion':
      case 'ParameterExpansion': {
        const texts = variableTexts(part, this.#variables);
        if (texts?.number === true) this.#expands('one', texts.patterns);
        else this.#expands('free', texts && unquoted(texts.patterns, this.#isAlone));
        break;
      }
      case 'ArithmeticExpansion':
        this.#expands('one', ['*']);
        break;
      // A translated string is whatever the catalog says, and an extended glob has a grammar of its own.
      case 'LocaleString':
      case 'ExtendedGlob':
        this.#expands('free', undefined);
        break;
      case 'CommandExpansion':
        this.#expands('free', commandTexts(part));
        break;
    }
  }

  #quoted(part: DoubleQuotedChild): void {
    if (part.type === 'Literal') this.#text(part.value);
    else if (part.type === 'ArithmeticExpansion') this.#expands('one', ['*']);
    else if (part.type === 'CommandExpansion') this.#expands('one', commandTexts(part));
    else {
      const isList = /^\$\{?@|\[@\]|^\$\{!/.test(part.text);
      this.#expands(isList ? 'free' : 'one', variableTexts(part, this.#variables)?.patterns);
    }
  }

  /** One pattern for each alternative of plain braces; a range may be anything. */
  #braces(part: BraceExpansionPart): void {
    const inner = part.text.slice(1, -1);
    if (part.parts === undefined && /^[^{}\\'"]*,[^{}\\'"]*$/.test(inner)) {
      this.#expands('many', inner.split(','));
    } else if (part.parts === undefined && /^\w+\.\.\w+$/.test(inner)) {
      this.#expands('many', ['?*']);
    } else this.#expands('free', undefined);
  }

  #text(value: string): void {
    if (this.#exact) this.#prefix += value;
    this.#append([value]);
  }

  #expands(becomes: Arg['becomes'], patterns: readonly string[] | undefined): void {
    this.#exact = false;
    if (becomes === 'free' || (becomes === 'many' && this.#becomes === 'one')) this.#becomes = becomes;
    this.#append(patterns);
  }

  #append(patterns: readonly string[] | undefined): void {
    const before = this.#patterns;
    if (before === undefined || patterns === undefined) this.#patterns = undefined;
    else if (before.length * patterns.length > MAX_PATTERNS) this.#patterns = undefined;
    else this.#patterns = before.flatMap((start) => patterns.map((end) => start + end));
  }
}

/** What the values of a variable become without quotes: words of their own, and globs with brackets and backslashes. */
function unquoted(values: readonly string[], isAlone: boolean): readonly string[] | undefined {
  // Joined with more text only the outer words would change.
  if (!isAlone && values.some((value) => /\s/.test(value))) return undefined;
  const words = values.flatMap((value) => (/\s/.test(value) ? [value, ...value.split(/\s+/)] : [value]));
  return words.map((word) =>
    /[*?[\\]/.test(word)
      ? word.replaceAll(/\[[!^]?\]?[^\]/]{0,64}\]/g, '?').replaceAll(/\\(.)/gs, '$1')
      : word,
  );
}

/** What a command substitution prints, where that is sure: a fresh temporary file. */
function commandTexts(part: CommandExpansionPart): readonly string[] | undefined {
  return /^\$\(mktemp(?: -d)?\)$/.test(part.text) ? ['/tmp/tmp.*'] : undefined;
}

/** Parameters that hold a number that no script can choose freely. */
const NUMBERS = new Set(['#', '?', '$']);

function variableTexts(
  part: Extract<WordPart, { type: 'SimpleExpansion' | 'ParameterExpansion' }>,
  variables: KnownVariables,
): { patterns: readonly string[]; number: boolean } | undefined {
  let name: string;
  if (part.type === 'SimpleExpansion') name = part.text.slice(1);
  else {
    if (part.prefix === '#') return { patterns: ['0'], number: true };
    const isWholeArray = part.index === undefined || /^[@*]$/.test(part.index.text);
    if (part.prefix !== undefined || part.operation !== undefined || !isWholeArray) return undefined;
    name = part.parameter;
  }
  if (NUMBERS.has(name)) return { patterns: ['0'], number: true };
  // Empty until something runs in the background.
  if (name === '!') return { patterns: ['0'], number: false };
  if (variables.isNumber(name)) return { patterns: ['*'], number: true };
  const patterns = variables.texts(name);
  return patterns && { patterns, number: false };
}
