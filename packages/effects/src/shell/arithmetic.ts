import {
  forEachChild,
  type ArithmeticExpression,
  type ArithmeticWord,
  type SyntaxNode,
  type Word,
} from 'unbash';
import { isHarmlessVariable, isName } from './environment.ts';
import type { KnownVariables } from './words.ts';

/**
 * Bash evaluates the text of a variable as an expression again, and a subscript in it may run a command:
 * `x='a[$(rm y)]'; echo $((x))`. So arithmetic is understood only of numbers and of variables that hold nothing else.
 */
export function arithmeticProblem(
  expression: ArithmeticExpression | undefined,
  variables: KnownVariables,
): string | undefined {
  const stack: SyntaxNode[] = expression ? [expression] : [];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.type === 'ArithmeticWord') {
      const problem = wordProblem(node, variables);
      if (problem !== undefined) return problem;
    } else if (node.type === 'ArithmeticCommandExpansion') {
      return 'arithmetic on the output of a command';
    } else forEachChild(node, (child) => stack.push(child));
  }
  return undefined;
}

const NUMBER = /^(?:0[xX][\da-fA-F]+|\d+(?:#[\da-zA-Z@_]+)?)$/;
const SIMPLE = /^\$(?:\{(\w+)\}|(\w+)|([#?$!])|\{#\w+(?:\[[@*]\])?\}|\{#\})$/;

function wordProblem(word: ArithmeticWord, variables: KnownVariables): string | undefined {
  const text = word.value.trim();
  if (text === '' || NUMBER.test(text)) return undefined;
  const simple = SIMPLE.exec(text);
  if (simple) {
    const name = simple[1] ?? simple[2];
    return name === undefined || variables.isNumber(name) ? undefined : notNumber(name);
  }
  if (!isName(text)) return `arithmetic on ${text}`;
  if (!isHarmlessVariable(text, false)) return `arithmetic on ${text}`;
  return variables.isNumber(text) ? undefined : notNumber(text);
}

function notNumber(name: string): string {
  return `arithmetic on ${name}, which may hold more than a number`;
}

/** The same for a word that bash reads as an expression: a subscript, an operand of `-eq`, the offset of a slice. */
export function subscriptProblem(word: Word, variables: KnownVariables): string | undefined {
  const text = word.text.trim().replace(/^"([^"]*)"$/, '$1');
  if (text === '@' || text === '*') return undefined;
  for (const term of text.split(/\s*[-+*/%]\s*/)) {
    if (term.length > 64) return `arithmetic on ${term}`;
    const problem = wordProblem({ type: 'ArithmeticWord', pos: 0, end: 0, value: term }, variables);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
