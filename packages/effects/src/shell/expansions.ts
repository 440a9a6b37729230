import { forEachChild, type Statement, type SyntaxNode, type TestExpression, type Word } from 'unbash';
import { excerpt, type Findings } from '../classification.ts';
import { arithmeticProblem, subscriptProblem } from './arithmetic.ts';
import { isCredentialVariable, isName } from './environment.ts';
import { INHERITED, OPAQUE } from './input.ts';
import type { Shell, Stdin } from './tool.ts';
import { resolve, type Arg, type KnownVariables } from './words.ts';

/** Reads what happens inside words: substitutions, parameters, arithmetic and tests. */
export class Expansions {
  readonly #findings: Findings;
  readonly #shell: Pick<Shell, 'assign' | 'dialect'>;
  readonly #survey: KnownVariables;
  readonly #read: (statements: readonly Statement[], stdin: Stdin) => void;

  /** `read` classifies the commands of a substitution. */
  constructor(
    findings: Findings,
    shell: Pick<Shell, 'assign' | 'dialect'>,
    survey: KnownVariables,
    read: (statements: readonly Statement[], stdin: Stdin) => void,
  ) {
    this.#findings = findings;
    this.#shell = shell;
    this.#survey = survey;
    this.#read = read;
  }

  /** Classifies what expands inside a word, and resolves the word; `tells` unless what it becomes goes nowhere. */
  word(word: Word, tells = true): Arg {
    this.inner(word, tells);
    return resolve(word, this.#survey);
  }

  inner(root: SyntaxNode, tells = true): void {
    const stack: SyntaxNode[] = [root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      switch (node.type) {
        case 'CommandExpansion':
        case 'ArithmeticCommandExpansion':
        case 'ProcessSubstitution': {
          const { type, script } = node;
          if (type === 'ProcessSubstitution') this.bashOnly('process substitution');
          if (script === undefined) this.#findings.unknown(excerpt(node.text));
          else if (script.commands.length === 0) this.#findings.effect('read', excerpt(node.text));
          else this.#read(script.commands, type === 'ProcessSubstitution' ? OPAQUE : INHERITED);
          continue;
        }
        case 'ArithmeticExpansion':
          if (node.expression === undefined && !/^\$\(\(\s*\)\)$/.test(node.text)) {
            this.#findings.unknown(excerpt(node.text));
          }
          this.arithmetic(node.expression);
          continue;
        case 'ParameterExpansion':
          this.#parameter(node);
          if (tells && node.prefix !== '#' && !isAlternative(node)) this.#credential(node.parameter);
          break;
        case 'SimpleExpansion':
          if (tells) this.#credential(node.text.slice(1));
          break;
        case 'AnsiCQuoted':
          this.bashOnly("$'...'");
          break;
        case 'BraceExpansion':
          this.bashOnly('braces');
          break;
        case 'ExtendedGlob':
          this.#findings.unknown(`an extended glob: ${excerpt(node.text)}`);
          break;
        default:
          break;
      }
      forEachChild(node, (child) => stack.push(child));
    }
  }

  #credential(name: string): void {
    if (isCredentialVariable(name)) this.#findings.effect('secret', `the value of ${excerpt(name)}`);
  }

  #parameter(node: Extract<SyntaxNode, { type: 'ParameterExpansion' }>): void {
    const line = excerpt(node.text);
    // `${!x}` expands the value of x as a parameter, subscript and all.
    if (node.prefix === '!') this.#findings.unknown(line);
    if (node.index) this.problem(subscriptProblem(node.index, this.#survey));
    const operation = node.operation;
    if (operation === undefined) return;
    if (operation.type === 'Unknown' || operation.type === 'Names') this.#findings.unknown(line);
    if (operation.type === 'Transform' && !/^[QULu]$/.test(operation.operand.text))
      this.#findings.unknown(line);
    if (operation.type === 'Default' && operation.operator.endsWith('='))
      this.#shell.assign(node.parameter, false, line);
    if (operation.type === 'Slice') {
      this.problem(subscriptProblem(operation.offset, this.#survey));
      if (operation.length) this.problem(subscriptProblem(operation.length, this.#survey));
    }
  }

  arithmetic(expression: Parameters<typeof arithmeticProblem>[0]): void {
    this.problem(arithmeticProblem(expression, this.#survey));
    if (expression) this.inner(expression);
  }

  test(expression: TestExpression): void {
    switch (expression.type) {
      case 'TestLogical':
        for (const each of expression.operands) this.test(each);
        break;
      case 'TestNot':
        this.test(expression.operand);
        break;
      case 'TestGroup':
        this.test(expression.expression);
        break;
      case 'TestUnary': {
        const operand = this.word(expression.operand, false);
        // `-v a[$(rm x)]` evaluates the subscript.
        if (/^-[vR]$/.test(expression.operator) && !(operand.value !== undefined && isName(operand.value))) {
          this.#findings.unknown(`[[ ${expression.operator} ${excerpt(operand.text)} ]]`);
        }
        break;
      }
      case 'TestBinary':
        for (const side of [expression.left, expression.right]) {
          this.word(side);
          if (/^-(?:eq|ne|lt|le|gt|ge)$/.test(expression.operator))
            this.problem(subscriptProblem(side, this.#survey));
        }
        break;
    }
  }

  problem(problem: string | undefined): void {
    if (problem !== undefined) this.#findings.unknown(excerpt(problem));
  }

  /** Other shells read these words in another way: `((rm x))` is arithmetic for bash and two subshells for dash. */
  bashOnly(what: string): void {
    if (this.#shell.dialect === 'sh') this.#findings.unknown(`${what} in a script for sh`);
  }
}

/** `${x:+y}` becomes `y`, whatever x holds. */
function isAlternative(node: Extract<SyntaxNode, { type: 'ParameterExpansion' }>): boolean {
  return node.operation?.type === 'Default' && node.operation.operator.endsWith('+');
}
