type Literal = string | number | boolean;

/** One thing that a policy asks of a value: how it stands to what the policy names. */
export type ValueTest =
  { readonly literals: readonly Literal[] } | { readonly threshold: number } | { readonly like: LikePattern };

/** Longer texts are not tested: the question is not remembered then either. */
const MAX_TESTED = 4096;

/**
 * All that some policies ask of one value, which they use in no other way. Two values of one class are the same to
 * them, so that Cedar's answer to one is its answer to the other.
 */
export class ValueTests {
  readonly #literals = new Set<Literal>();
  readonly #thresholds = new Set<number>();
  readonly #likes = new Map<string, LikePattern>();

  /** With one more thing that is asked. */
  add(test: ValueTest): this {
    if ('threshold' in test) this.#thresholds.add(test.threshold);
    else if ('like' in test) this.#likes.set(test.like.text, test.like);
    else for (const literal of test.literals) this.#literals.add(literal);
    return this;
  }

  /**
   * A value's class among those of its type; undefined where it is in a class of its own. A literal is, and what is
   * neither text nor a number; of other texts the patterns tell them apart, of other numbers the thresholds below.
   */
  classOf(value: unknown): string | undefined {
    if (typeof value === 'string') {
      if (value.length > MAX_TESTED || this.#literals.has(value)) return undefined;
      let matched = '"';
      let index = 0;
      for (const like of this.#likes.values()) {
        if (like.matches(value)) matched += `${index},`;
        index++;
      }
      return matched;
    }
    if (typeof value !== 'number' || this.#literals.has(value) || this.#thresholds.has(value))
      return undefined;
    let below = 0;
    for (const threshold of this.#thresholds) if (threshold < value) below++;
    return `#${below}`;
  }
}

/** A pattern of Cedar's `like`: texts between wildcards, each of which stands for any text. */
export class LikePattern {
  /** One text for each pattern. */
  readonly text: string;
  readonly #first: string;
  readonly #middle: readonly string[];
  readonly #last: string | undefined;

  /** `texts` are those before, between and after wildcards: one more than there are of these. */
  constructor(texts: readonly string[]) {
    const [first = '', ...rest] = texts;
    this.text = JSON.stringify(texts);
    this.#first = first;
    this.#last = rest.pop();
    this.#middle = rest;
  }

  /** Whether Cedar's `like` holds: of each text the first place is as good as any other. */
  matches(value: string): boolean {
    if (this.#last === undefined) return value === this.#first;
    const end = value.length - this.#last.length;
    if (!value.startsWith(this.#first) || end < this.#first.length || !value.endsWith(this.#last))
      return false;
    let from = this.#first.length;
    for (const text of this.#middle) {
      const at = value.indexOf(text, from);
      if (at < 0 || at + text.length > end) return false;
      from = at + text.length;
    }
    return true;
  }
}

/** What an expression of Cedar's JSON format asks of the operand that is not written out in it; undefined for others. */
export function testIn(node: object): { readonly of: unknown; readonly test: ValueTest } | undefined {
  const [[operator, operands] = ['', undefined]] = Object.entries(node) as [string, unknown][];
  if (!isBinary(operands)) return undefined;
  const { left, right } = operands;
  switch (operator) {
    case 'like': {
      const like = 'pattern' in operands ? patternOf(operands.pattern) : undefined;
      return like === undefined ? undefined : { of: left, test: { like } };
    }
    case '==':
    case '!=':
      return literalTest(right, left) ?? literalTest(left, right);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return thresholdTest(right, left) ?? thresholdTest(left, right);
    case 'contains':
      return memberTest(left, right);
    default:
      return undefined;
  }
}

function literalTest(value: unknown, of: unknown): ReturnType<typeof testIn> {
  const literal = literalOf(value);
  return literal === undefined ? undefined : { of, test: { literals: [literal] } };
}

function thresholdTest(value: unknown, of: unknown): ReturnType<typeof testIn> {
  const literal = literalOf(value);
  return typeof literal === 'number' ? { of, test: { threshold: literal } } : undefined;
}

/** `["a", "b"].contains(value)`. */
function memberTest(set: unknown, of: unknown): ReturnType<typeof testIn> {
  if (typeof set !== 'object' || set === null || !('Set' in set) || !Array.isArray(set.Set)) return undefined;
  const literals = set.Set.map(literalOf);
  return literals.every((literal) => literal !== undefined) ? { of, test: { literals } } : undefined;
}

/** A text, a truth value or a number that JavaScript has exactly: beyond that, Cedar's may be another. */
function literalOf(node: unknown): Literal | undefined {
  if (typeof node !== 'object' || node === null || !('Value' in node)) return undefined;
  const value = node.Value;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function patternOf(elements: unknown): LikePattern | undefined {
  if (!Array.isArray(elements)) return undefined;
  const texts = [''];
  for (const element of elements as unknown[]) {
    if (element === 'Wildcard') texts.push('');
    else if (typeof element === 'object' && element !== null && 'Literal' in element)
      texts.push(`${texts.pop()}${String(element.Literal)}`);
    else return undefined;
  }
  return new LikePattern(texts);
}

function isBinary(value: unknown): value is { left: unknown; right?: unknown; pattern?: unknown } {
  return typeof value === 'object' && value !== null && 'left' in value;
}
