import {
  forEachChild,
  type AndOr,
  type ArithmeticExpression,
  type Command,
  type CompoundList,
  type ParsedScript,
  type SyntaxNode,
} from 'unbash';
import { DECLARES, isName } from './environment.ts';

/**
 * The variables that a script uses somewhere where it need not have given them a value yet. There they hold whatever the
 * session gave them, or nothing: `rm -r "$d"/*; d=build` does not empty `build`. Follows the order in which bash does
 * things, and takes for assigned only what must have been: after a branch what all of its ways assign, and nothing of
 * what runs in another process or perhaps not at all.
 */
export function unassignedUses(script: ParsedScript): ReadonlySet<string> {
  const uses = new Uses();
  uses.script(script);
  return uses.unassigned;
}

/** What a way through the script has assigned, beside what was assigned before it began. */
interface Way {
  readonly names: Set<string>;
  readonly before: Way | undefined;
}

class Uses {
  readonly unassigned = new Set<string>();
  #way: Way = { names: new Set(), before: undefined };

  script(node: ParsedScript): void {
    this.#perhaps(() => this.#each(node.commands));
  }

  #node(node: SyntaxNode): void {
    switch (node.type) {
      case 'Script':
        return this.script(node);
      case 'Statement':
        if (node.background !== true) return this.#node(node.command);
        return void this.#perhaps(() => this.#node(node.command));
      case 'Command':
        return this.#command(node);
      case 'Redirected':
        // A compound command runs with its redirections made already.
        this.#each(node.redirects);
        return this.#node(node.command);
      case 'Pipeline':
        if (node.commands.length === 1) return this.#each(node.commands);
        for (const each of node.commands) this.#perhaps(() => this.#node(each));
        return;
      case 'AndOr':
        return this.#andOr(node);
      case 'If':
        return this.#branches([node, ...node.elif], node.else);
      case 'While':
        this.#node(node.clause);
        return void this.#perhaps(() => this.#node(node.body));
      case 'For':
      case 'Select':
        this.#each(node.wordlist ?? []);
        return void this.#perhaps(() => {
          this.#assign(node.name.value);
          this.#node(node.body);
        });
      case 'ArithmeticFor':
        if (node.initialize !== undefined) this.#arithmetic(node.initialize);
        if (node.test !== undefined) this.#node(node.test);
        return void this.#perhaps(() => {
          this.#node(node.body);
          if (node.update !== undefined) this.#node(node.update);
        });
      case 'Case':
        this.#node(node.word);
        for (const each of node.items) this.#perhaps(() => this.#children(each));
        return;
      case 'Function':
        // Called later than this, so what is assigned here is assigned there.
        return void this.#perhaps(() => this.#node(node.body));
      case 'Subshell':
      case 'Coproc':
        return void this.#perhaps(() => this.#node(node.body));
      case 'ArithmeticCommand':
      case 'ArithmeticExpansion':
        if (node.expression !== undefined) this.#arithmetic(node.expression);
        return;
      case 'ArithmeticWord':
        for (const [name] of node.value.matchAll(/[A-Za-z_]\w*/g)) this.#use(name);
        return this.#children(node);
      case 'ArithmeticBinary':
      case 'ArithmeticTernary':
        // Of `a && b` and `a ? b : c` not all is evaluated.
        return void this.#perhaps(() => this.#children(node));
      case 'SimpleExpansion':
        return this.#use(node.text.slice(1));
      case 'ParameterExpansion':
        this.#use(node.parameter);
        return void this.#perhaps(() => this.#children(node));
      default:
        return this.#children(node);
    }
  }

  #children(node: SyntaxNode): void {
    forEachChild(node, (child) => this.#node(child));
  }

  #each(nodes: readonly SyntaxNode[]): void {
    for (const node of nodes) this.#node(node);
  }

  /** Bash expands the words, then makes the redirections, then the assignments in front (its manual, 3.7.1). */
  #command({ name, prefix, args, redirects }: Command): void {
    if (name !== undefined) this.#node(name);
    const declared = args.filter((each) => each.type === 'Assignment');
    this.#each(args);
    this.#each(redirects);
    for (const each of prefix) {
      if (each.type !== 'Assignment') continue;
      if (each.append === true) this.#use(each.name);
      this.#children(each);
      // In front of a command it is that command's alone.
      if (name === undefined && each.index === undefined) this.#assign(each.name);
    }
    for (const each of declared) {
      if (each.append === true) this.#use(each.name);
      if (each.index === undefined && DECLARES.has(name?.value ?? '')) this.#assign(each.name);
    }
  }

  /** The first always runs; of `a && b && c` each that runs has those before it behind it. */
  #andOr({ commands, operators }: AndOr): void {
    const [first, ...rest] = commands;
    if (first !== undefined) this.#node(first);
    const or = operators.indexOf('||');
    const all = or === -1 ? rest.length : or;
    this.#perhaps(() => this.#each(rest.slice(0, all)));
    for (const each of rest.slice(all)) this.#perhaps(() => this.#node(each));
  }

  #branches(
    [first, ...more]: readonly { readonly clause: CompoundList; readonly then: CompoundList }[],
    otherwise: CompoundList | undefined,
  ): void {
    if (first === undefined) {
      if (otherwise !== undefined) this.#node(otherwise);
      return;
    }
    this.#node(first.clause);
    const one = this.#perhaps(() => this.#node(first.then));
    const other = this.#perhaps(() => this.#branches(more, otherwise));
    for (const name of one) if (other.has(name)) this.#assign(name);
  }

  /** Of an expression as a whole what it assigns is assigned. */
  #arithmetic(expression: ArithmeticExpression): void {
    if (expression.type !== 'ArithmeticBinary' || expression.operator !== '=') return this.#node(expression);
    this.#node(expression.right);
    const { left } = expression;
    if (left.type === 'ArithmeticWord' && isName(left.value)) this.#assign(left.value);
    else this.#node(left);
  }

  /** Goes a way that need not be gone, or is another process's; answers what is assigned on it. */
  #perhaps(go: () => void): ReadonlySet<string> {
    const before = this.#way;
    const way: Way = { names: new Set(), before };
    this.#way = way;
    go();
    this.#way = before;
    return way.names;
  }

  #assign(name: string): void {
    this.#way.names.add(name);
  }

  #use(name: string): void {
    for (let way: Way | undefined = this.#way; way !== undefined; way = way.before)
      if (way.names.has(name)) return;
    this.unassigned.add(name);
  }
}
