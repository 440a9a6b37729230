import {
  parse,
  type Assignment,
  type CaseItem,
  type Command,
  type CommandNode,
  type HereDoc,
  type ParsedScript,
  type Redirection,
  type Statement,
  type Word,
} from 'unbash';
import { excerpt, type Classification, type Findings } from '../classification.ts';
import { subscriptProblem } from './arithmetic.ts';
import { isHarmlessVariable, isName } from './environment.ts';
import { Expansions } from './expansions.ts';
import { Files } from './files.ts';
import { INHERITED, OPAQUE, inputOf, lineOf, textOf, textProblem } from './input.ts';
import { runCommand } from './run.ts';
import { Survey } from './survey.ts';
import type { Shell, Stdin } from './tool.ts';
import type { Arg } from './words.ts';

/** `sudo env nice ...` */
const MAX_RUNNING = 8;
/** Scripts in strings in scripts. */
const MAX_DEPTH = 6;

/** What the nested scripts of one input share. */
interface Work {
  scripts: number;
}

/**
 * Walks one script and classifies each of its commands. INVARIANT: every command, word and redirection of the tree is
 * visited, whether or not it could ever run.
 */
export class Walker implements Shell {
  readonly findings: Findings;
  readonly classifySql: ((sql: string) => Classification) | undefined;
  readonly dialect: 'bash' | 'sh';
  readonly #outer: Walker | undefined;
  readonly #depth: number;
  readonly #work: Work;
  readonly #survey = new Survey();
  readonly #files: Files;
  readonly #expansions: Expansions;
  /** Functions that are sure to be defined by now. */
  readonly #functions = new Set<string>();
  /** Functions whose bodies are being read. */
  readonly #inside: string[] = [];
  #certain = true;
  #running = 0;

  constructor(
    findings: Findings,
    classifySql: ((sql: string) => Classification) | undefined,
    dialect: 'bash' | 'sh' = 'bash',
    outer?: Walker,
  ) {
    this.findings = findings;
    this.classifySql = classifySql;
    this.dialect = dialect;
    this.#outer = outer;
    this.#depth = outer ? outer.#depth + 1 : 0;
    this.#work = outer ? outer.#work : { scripts: 0 };
    this.#files = new Files(findings, () => this.#directories());
    this.#expansions = new Expansions(findings, this, this.#survey, (statements, stdin) =>
      this.#uncertainly(() => this.#list(statements, stdin)),
    );
  }

  source(text: string): void {
    const script: ParsedScript = parse(text);
    this.#survey.add(script);
    if (script.commands.length === 0) this.findings.unknown('a script without a command');
    for (const statement of script.commands) this.#statement(statement, INHERITED);
  }

  script(source: string, interpreter: 'bash' | 'sh', line: string): void {
    if (this.#depth >= MAX_DEPTH || ++this.#work.scripts > 200) {
      this.findings.unknown(`scripts nested too deep: ${line}`);
      return;
    }
    const problem = textProblem(source);
    if (problem === undefined) new Walker(this.findings, this.classifySql, interpreter, this).source(source);
    else this.findings.unknown(problem);
  }

  run(words: readonly Arg[], stdin: Stdin): void {
    const [name, ...args] = words;
    if (name === undefined) return;
    if (this.#running >= MAX_RUNNING) {
      this.findings.unknown(`commands that run commands: ${lineOf(words)}`);
      return;
    }
    this.#running++;
    runCommand(name, args, stdin, lineOf(words), this);
    this.#running--;
  }

  assign(name: string, exported: boolean, line: string): void {
    if (!isName(name) || !isHarmlessVariable(name, exported)) {
      this.findings.unknown(`sets ${excerpt(name)}: ${line}`);
    }
  }

  paths(arg: Arg): readonly string[] | undefined {
    return this.#files.paths(arg);
  }

  readFile(arg: Arg, line: string): void {
    this.#files.read(arg, line);
  }

  writeFile(arg: Arg, line: string): void {
    this.#files.write(arg, line);
  }

  mention(arg: Arg, line: string): void {
    this.#files.mention(arg, line);
  }

  #directories(): readonly string[] | undefined {
    if (this.#outer === undefined) return this.#survey.directories();
    const outer = this.#outer.#directories();
    return outer && this.#survey.directories(outer);
  }

  /** A call of a function whose body was read where it was defined. `sudo f` and `command f` are no such calls. */
  #calls(name: string | undefined, line: string): boolean {
    if (name === undefined) return false;
    if (this.#inside.includes(name)) this.findings.unknown(`a function that calls itself: ${line}`);
    if (!this.#functions.has(name)) return false;
    this.findings.effect('read', line);
    return true;
  }

  #statement(statement: Statement, stdin: Stdin): void {
    const node = statement.command;
    if (node.type === 'AndOr')
      this.#uncertainly(() => node.commands.forEach((each) => this.#pipeline(each, stdin)));
    else if (statement.background === true) this.#uncertainly(() => this.#pipeline(node, stdin));
    else this.#pipeline(node, stdin);
  }

  #pipeline(node: Exclude<Statement['command'], { type: 'AndOr' }>, stdin: Stdin): void {
    if (node.type !== 'Pipeline') {
      this.#node(node, stdin);
      return;
    }
    // For other shells `time` is a program, which runs no function.
    if (node.prefixes.some((each) => each.type === 'Time')) this.#expansions.bashOnly('time');
    // Each command of a pipeline of several runs in a shell of its own.
    const one = node.commands.length === 1;
    node.commands.forEach((each, index) => {
      const input = index === 0 ? stdin : OPAQUE;
      if (one) this.#node(each, input);
      else this.#uncertainly(() => this.#node(each, input));
    });
    if (node.commands.length === 0) this.findings.effect('read', 'time');
  }

  #node(node: CommandNode, stdin: Stdin): void {
    switch (node.type) {
      case 'Command':
        this.#command(node, stdin);
        break;
      case 'Redirected':
        this.#redirects(node.redirects);
        // One of its commands may read a part of a text, and the next the rest. When a file cannot be opened, none runs.
        this.#uncertainly(() =>
          this.#node(
            node.command,
            node.redirects.some((each) => inputOf([each], INHERITED) !== INHERITED) ? OPAQUE : stdin,
          ),
        );
        break;
      case 'Function':
        this.#function(node.name, node.body);
        break;
      case 'BraceGroup':
        this.#list(node.body.commands, stdin);
        break;
      case 'Subshell':
        this.#uncertainly(() => this.#list(node.body.commands, stdin));
        break;
      case 'ArithmeticCommand':
        this.#expansions.bashOnly('((');
        if (node.expression === undefined && node.body.trim() !== '')
          this.findings.unknown(`((${excerpt(node.body)}))`);
        this.#expansions.arithmetic(node.expression);
        this.findings.effect('read', `((${excerpt(node.body)}))`);
        break;
      case 'TestCommand':
        this.#expansions.bashOnly('[[');
        this.#expansions.test(node.expression);
        this.findings.effect('read', '[[ ]]');
        break;
      case 'Coproc':
        this.#expansions.bashOnly('coproc');
        if (node.name) this.assign(node.name.value, false, `coproc ${excerpt(node.name.text)}`);
        this.#uncertainly(() => this.#body(node.body, OPAQUE));
        break;
      default:
        this.#uncertainly(() => this.#controlled(node, stdin));
    }
  }

  #controlled(
    node: Extract<CommandNode, { type: 'If' | 'For' | 'ArithmeticFor' | 'Select' | 'While' | 'Case' }>,
    stdin: Stdin,
  ): void {
    switch (node.type) {
      case 'If':
        this.#list(node.clause.commands, stdin);
        this.#list(node.then.commands, stdin);
        for (const each of node.elif) this.#list([...each.clause.commands, ...each.then.commands], stdin);
        this.#list(node.else?.commands ?? [], stdin);
        break;
      case 'While':
        this.#list(node.clause.commands, stdin);
        this.#list(node.body.commands, stdin);
        break;
      case 'For':
      case 'Select':
        this.assign(node.name.value, false, `${node.type.toLowerCase()} ${excerpt(node.name.text)}`);
        for (const word of node.wordlist ?? []) this.#holds(word, this.#expansions.word(word));
        this.#list(node.body.commands, stdin);
        break;
      case 'ArithmeticFor':
        this.#expansions.bashOnly('for ((');
        for (const each of [node.initialize, node.test, node.update]) this.#expansions.arithmetic(each);
        this.#list(node.body.commands, stdin);
        break;
      case 'Case':
        this.#expansions.word(node.word);
        node.items.forEach((item) => this.#caseItem(item, stdin));
        if (node.items.length === 0) this.findings.effect('read', 'case');
        break;
    }
  }

  #caseItem(item: CaseItem, stdin: Stdin): void {
    for (const pattern of item.pattern) this.#expansions.word(pattern);
    if (item.body.commands.length === 0) this.findings.effect('read', 'case');
    this.#list(item.body.commands, stdin);
  }

  #list(statements: readonly Statement[], stdin: Stdin): void {
    for (const each of statements) this.#statement(each, stdin);
  }

  #body(node: CommandNode | { type: 'CompoundList'; commands: readonly Statement[] }, stdin: Stdin): void {
    if (node.type === 'CompoundList') this.#list(node.commands, stdin);
    else this.#node(node, stdin);
  }

  #function(word: Word, body: Extract<CommandNode, { type: 'Function' }>['body']): void {
    const name = word.value;
    if (!/^[\w.:+@-]+$/.test(name) || word.parts !== undefined) {
      this.findings.unknown(`a function named ${excerpt(word.text)}`);
    }
    this.findings.effect('read', `defines ${excerpt(name)}`);
    this.#inside.push(name);
    this.#uncertainly(() => this.#body(body, OPAQUE));
    this.#inside.pop();
    if (this.#certain && this.#survey.keepsFunction(name)) this.#functions.add(name);
  }

  /** Runs or not, and perhaps in another process: functions defined there are not sure to exist. */
  #uncertainly(read: () => void): void {
    const before = this.#certain;
    this.#certain = false;
    read();
    this.#certain = before;
  }

  #command(node: Command, stdin: Stdin): void {
    const redirects = node.redirects;
    const input = inputOf(redirects, stdin);
    const words = node.name === undefined ? [] : [node.name, ...node.args];
    const line = excerpt(words.map((word) => word.text).join(' '));
    for (const each of node.prefix) {
      if (each.type !== 'Assignment') continue;
      // `IFS= read` is how lines are read, and it lasts no longer than that unless a function has that name.
      const isRead = node.name?.value === 'read' && this.#survey.keepsFunction('read');
      if (isRead && /^IFS=(?:'[^']*')?$/.test(each.text)) continue;
      this.#assignment(each, node.name !== undefined);
    }
    this.#redirects(redirects);
    const args: Arg[] = [];
    // Whether a secret is set is no secret.
    const tells = !(node.name?.value === '[' || node.name?.value === 'test');
    for (const word of words) {
      if (word.type === 'Word') args.push(this.#expansions.word(word, tells));
      else {
        // The value goes with the name, so that `export` and the like see one word.
        this.#assignment(word, false);
        args.push({
          text: word.text,
          value: word.text,
          prefix: word.text,
          becomes: 'one',
          patterns: undefined,
        });
      }
    }
    if (args.length > 0) {
      if (!this.#calls(args[0]?.value, lineOf(args))) this.run(args, input);
    } else
      this.findings.effect(
        'read',
        line === '' ? excerpt(node.prefix.map(textOf).join(' ') || 'nothing') : line,
      );
  }

  #assignment(node: Assignment, exported: boolean): void {
    const line = excerpt(node.text);
    // Timing starts so; any other text would be evaluated, as the variable holds integers.
    if (!/^SECONDS=\d{1,9}$/.test(node.text)) this.assign(node.name, exported, line);
    if (node.index !== undefined) {
      this.#expansions.problem(subscriptProblem(node.index, this.#survey));
      this.#expansions.word(node.index);
    }
    if (node.value.type === 'Word') {
      this.#holds(node.value, this.#expansions.word(node.value));
      return;
    }
    this.#expansions.bashOnly('an array');
    for (const element of node.value.elements) {
      // `[subscript]=value`, and the subscript is an expression.
      if (/^\[(?!\d+\]=)/.test(element.text)) this.findings.unknown(`a subscript: ${line}`);
      this.#holds(element, this.#expansions.word(element));
    }
  }

  /** A path that a variable holds may be read under the variable's name. */
  #holds(word: Word, arg: Arg): void {
    this.#files.mention(arg, excerpt(word.text));
  }

  #redirects(redirects: readonly Redirection[]): void {
    for (const redirect of redirects) {
      if (redirect.descriptor?.type === 'FileDescriptorVariable') {
        this.#expansions.bashOnly('{name}>');
        this.assign(redirect.descriptor.name, false, `{${redirect.descriptor.name}}>`);
      }
      if (redirect.type === 'HereDoc') this.#hereDocument(redirect);
      else {
        const target = redirect.target && this.#expansions.word(redirect.target);
        if (redirect.operator === '<<<') this.#expansions.bashOnly('<<<');
        else if (target) this.#files.redirect(redirect.operator, target);
      }
    }
  }

  #hereDocument(redirect: HereDoc): void {
    if (redirect.closing === undefined) this.findings.unknown('a here-document without an end');
    // Bash takes off the quotes of `$'E'` and leaves the `$`, so that the parser and it may disagree on the end.
    if (/[$`]/.test(redirect.delimiter?.text ?? ''))
      this.findings.unknown(`a here-document until ${excerpt(redirect.delimiter?.text ?? '')}`);
    for (const part of redirect.body.parts ?? []) {
      // Single quotes do not quote here, and the parser takes them to.
      if (part.type === 'ParameterExpansion' && part.text.includes("'"))
        this.findings.unknown(excerpt(part.text));
      this.#expansions.inner(part);
    }
  }
}
