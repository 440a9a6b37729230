import {
  forEachChild,
  type Assignment,
  type Command,
  type ParsedScript,
  type SyntaxNode,
  type Word,
} from 'unbash';
import { DECLARES, isChangingVariable, isName } from './environment.ts';
import { unassignedUses } from './unassigned.ts';
import { resolve, type Arg, type KnownVariables } from './words.ts';

/** More than anyone reads, and the bound on the work that one input may cause. */
const MAX_NODES = 20_000;
const MAX_WORDS = 2_000;
const MAX_EXPANSIONS_DEEP = 10;

/** What a variable is given: a word, some number, or what cannot be told. */
type Given = Word | 'number' | 'anything';

/** Variables that only ever hold numbers unless a script assigns them. */
const NUMERIC = new Set(['RANDOM', 'SECONDS', 'LINENO', 'UID', 'EUID', 'PPID', 'BASHPID', 'EPOCHSECONDS']);

/** What a variable of the session holds, as far as a path is concerned. */
const SESSION: ReadonlyMap<string, string> = new Map([
  ['HOME', '~'],
  ['PWD', '.'],
]);

/** Each of these is parsed anew when it is looked into. */
const NESTING: ReadonlySet<SyntaxNode['type']> = new Set([
  'Script',
  'ParameterExpansion',
  'ArithmeticExpansion',
  'ArithmeticCommand',
]);

/** Commands that give variables values by name. */
const SETTERS = new Set([
  'read',
  'mapfile',
  'readarray',
  'getopts',
  'printf',
  'wait',
  'unset',
  'let',
  ...DECLARES,
]);

/** Commands whose text runs in this very shell, so that no list of assignments is complete. */
const RUNS_HERE = new Set(['eval', 'source', '.', 'trap', 'coproc', 'fc']);

/**
 * A first look over a whole script: it must have parsed, be of bounded size, and it tells which values a variable may hold
 * wherever it is used, and which directories may be the current one, in whatever order things run.
 */
export class Survey implements KnownVariables {
  readonly #given = new Map<string, Given[]>();
  readonly #directories: Word[] = [];
  readonly #unset = new Set<string>();
  /** Variables or directories may change in ways that are not seen here. */
  #open = false;
  #nodes = 0;
  readonly #texts = new Map<string, readonly string[] | undefined>();
  readonly #numbers = new Map<string, boolean>();
  readonly #busy = new Set<string>();

  /** Looks at a script; more scripts of the same process may follow. Throws for what must not be classified further. */
  add(script: ParsedScript): void {
    const stack: (readonly [node: SyntaxNode, depth: number])[] = [[script, 0]];
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      const [node, depth] = entry;
      if (++this.#nodes > MAX_NODES) throw new Error('more parts than can be followed');
      const deeper = NESTING.has(node.type) ? depth + 1 : depth;
      if (deeper > MAX_EXPANSIONS_DEEP) throw new Error('commands nested too deep');
      this.#look(node);
      forEachChild(node, (child) => stack.push([child, deeper]));
    }
    // What it is given later is not what it holds there.
    for (const name of unassignedUses(script)) if (this.#given.has(name)) this.#give(name, 'anything');
  }

  /** Whether a function of this name, once defined, stays defined. */
  keepsFunction(name: string): boolean {
    return !this.#open && !this.#unset.has(name);
  }

  texts(name: string): readonly string[] | undefined {
    if (isChangingVariable(name)) return undefined;
    const given = this.#given.get(name);
    if (given === undefined) {
      const session = SESSION.get(name);
      return this.#open || session === undefined ? undefined : [session];
    }
    if (this.#texts.has(name)) return this.#texts.get(name);
    // A variable that is made from itself has no end of values.
    if (this.#open || this.#busy.has(name) || this.#busy.size > 8) return undefined;
    this.#busy.add(name);
    const texts: string[] = [];
    let known = true;
    for (const each of given) {
      const patterns =
        each === 'number' ? ['*'] : each === 'anything' ? undefined : resolve(each, this).patterns;
      if (patterns === undefined || texts.length > 32) known = false;
      else texts.push(...patterns);
      if (!known) break;
    }
    this.#busy.delete(name);
    const found = known ? texts : undefined;
    this.#texts.set(name, found);
    return found;
  }

  isNumber(name: string): boolean {
    if (this.#open || isChangingVariable(name)) return false;
    const given = this.#given.get(name);
    if (given === undefined) return NUMERIC.has(name);
    let isNumber = this.#numbers.get(name);
    if (isNumber === undefined) {
      isNumber = given.every((each) => each === 'number' || (each !== 'anything' && this.#isNumeric(each)));
      this.#numbers.set(name, isNumber);
    }
    return isNumber;
  }

  /**
   * The directories this script may be in, besides the one it starts in, given those of the script around it; undefined
   * when one of them cannot be told.
   */
  directories(outer: readonly string[] = []): readonly string[] | undefined {
    if (this.#open) return undefined;
    const all = [...outer];
    for (const word of this.#directories) {
      const { patterns } = resolve(word, this);
      if (patterns === undefined || patterns.includes('-') || all.length > 16) return undefined;
      all.push(...patterns);
    }
    const relative = all.filter((path) => !/^[/~]/.test(path));
    if (relative.length > 4 || all.length > 20) return relative.length > 0 ? undefined : all;
    // One relative step may follow any other.
    return [...all, ...all.flatMap((from) => relative.map((to) => `${from}/${to}`))];
  }

  #isNumeric(word: Word): boolean {
    if (word.parts === undefined) return /^-?\d{1,15}$/.test(word.value);
    const [part] = word.parts;
    if (word.parts.length !== 1 || part === undefined) return false;
    if (part.type === 'ArithmeticExpansion') return true;
    if (part.type === 'BraceExpansion') return /^\{-?\d+\.\.-?\d+(?:\.\.-?\d+)?\}$/.test(part.text);
    return /^(?:\$[#?$!]|\$\{#\w+(?:\[[@*]\])?\})$/.test(word.text);
  }

  #look(node: SyntaxNode): void {
    switch (node.type) {
      case 'Script':
        if (node.errors !== undefined && node.errors.length > 0) {
          throw new Error(`not a valid script: ${node.errors[0]?.message ?? ''}`);
        }
        break;
      case 'Command':
        this.#command(node);
        break;
      case 'Function':
        // What `$(mktemp)` is and what `read` does to its variables is known only of the real ones.
        if (node.name.value === 'mktemp' || node.name.value === 'read') this.#open = true;
        break;
      case 'For':
        this.#give(node.name.value, ...(node.wordlist ?? (['anything'] as const)));
        break;
      case 'Select':
        this.#give(node.name.value, 'anything');
        this.#give('REPLY', 'anything');
        break;
      case 'Coproc':
        this.#give(node.name?.value ?? 'COPROC', 'number');
        break;
      case 'ArithmeticBinary':
        if (/^[^=!<>]*=$|^(?:<<|>>)=$/.test(node.operator) && node.left.type === 'ArithmeticWord') {
          this.#give(node.left.value.replace(/\[.*$/s, ''), 'number');
        }
        break;
      case 'ParameterExpansion':
        if (node.operation?.type === 'Default' && node.operation.operator.endsWith('=')) {
          this.#give(node.parameter, node.operation.operand);
        }
        break;
      case 'FileDescriptorVariable':
        this.#give(node.name, 'number');
        break;
      default:
        break;
    }
  }

  #command(node: Command): void {
    if (node.name === undefined) {
      for (const each of node.prefix) if (each.type === 'Assignment') this.#assignment(each);
      return;
    }
    if (node.suffix.length > MAX_WORDS) throw new Error('a command of more words than can be followed');
    const all = [node.name, ...node.args];
    let at = 0;
    let name = exactly(all[at]);
    while (name === 'command' || name === 'builtin' || name === 'exec' || name?.startsWith('-')) {
      name = exactly(all[++at]);
    }
    const words = all.slice(at);
    if (at < all.length && (name === undefined || RUNS_HERE.has(name))) this.#open = true;
    for (const each of node.args) if (each.type === 'Assignment') this.#assignment(each);
    if (name === 'cd' || name === 'pushd' || name === 'popd') this.#changesDirectory(words.slice(1));
    if (name !== undefined && SETTERS.has(name)) this.#sets(name, words.slice(1));
  }

  #changesDirectory(words: readonly (Word | Assignment)[]): void {
    let found = false;
    for (const word of words) {
      if (word.type === 'Assignment') this.#open = true;
      else if (!word.text.startsWith('-') || word.text === '-') {
        this.#directories.push(word);
        found = true;
      }
    }
    if (!found) this.#directories.push(HOME_WORD);
  }

  #sets(name: string, words: readonly (Word | Assignment)[]): void {
    if (name === 'read') this.#give('REPLY', 'anything');
    if (name === 'mapfile' || name === 'readarray') this.#give('MAPFILE', 'anything');
    // Only `-v` makes printf set anything, and its words are mostly text.
    if (name === 'printf' && !words.some((word) => word.text.includes('-'))) return;
    for (const word of words) {
      if (word.type === 'Assignment') continue;
      const value = exactly(word);
      if (value === undefined) {
        if (name !== 'printf' && name !== 'wait') this.#open = true;
        continue;
      }
      if (name === 'unset') this.#unset.add(value);
      const start = /^[A-Za-z_]\w*/.exec(value)?.[0];
      // `local x` alone gives no value.
      if (start !== undefined && !(DECLARES.has(name) && start === value)) this.#give(start, 'anything');
    }
  }

  #assignment(node: Assignment): void {
    const { value } = node;
    if (node.append === true) this.#give(node.name, 'anything');
    else if (value.type === 'Word') this.#give(node.name, value);
    else this.#give(node.name, ...value.elements);
  }

  #give(name: string, ...values: readonly Given[]): void {
    if (!isName(name)) return;
    const given = this.#given.get(name);
    if (given === undefined) this.#given.set(name, [...values]);
    else given.push(...values);
  }
}

const HOME_WORD: Word = { type: 'Word', text: '~', value: '~', pos: 0, end: 1 };

/** The exact value of a word that has one. */
function exactly(word: Word | Assignment | undefined): string | undefined {
  if (word === undefined || word.type === 'Assignment') return undefined;
  const arg: Arg = resolve(word, NOTHING);
  return arg.value;
}

const NOTHING: KnownVariables = { texts: () => undefined, isNumber: () => false };
