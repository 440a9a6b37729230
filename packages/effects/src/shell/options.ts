import { after, mayBeOption, type Arg } from './words.ts';
import type { Tool } from './tool.ts';

/** One option as given. */
export interface Given {
  readonly name: string;
  readonly value: Arg | undefined;
}

export interface Parsed {
  readonly options: readonly Given[];
  readonly operands: readonly Arg[];
  /** Options that are not in the row. */
  readonly unlisted: readonly Arg[];
  /** Words that may be options, and which ones cannot be told. */
  readonly unsure: readonly Arg[];
}

type Takes = 'nothing' | 'value' | 'attached';

const KINDS: readonly (readonly [
  keyof Tool & ('flags' | 'values' | 'optional' | 'reads' | 'writes'),
  Takes,
])[] = [
  ['flags', 'nothing'],
  ['values', 'value'],
  ['optional', 'attached'],
  ['reads', 'value'],
  ['writes', 'value'],
];

const known = new WeakMap<Tool, ReadonlyMap<string, Takes>>();

function list(names: string | undefined): readonly string[] {
  return names === undefined ? [] : names.split(' ').filter((name) => name !== '');
}

/** The options of a row and what each takes. An option that runs something needs no value: it is the end of reading. */
function optionsOf(tool: Tool): ReadonlyMap<string, Takes> {
  const cached = known.get(tool);
  if (cached) return cached;
  const options = new Map<string, Takes>();
  for (const [kind, takes] of KINDS) for (const name of list(tool[kind])) options.set(name, takes);
  for (const names of Object.values(tool.adds ?? {}))
    for (const name of list(names)) options.set(name, 'nothing');
  for (const names of Object.values(tool.addsValue ?? {}))
    for (const name of list(names)) options.set(name, 'value');
  for (const name of list(tool.instead?.options)) options.set(name, 'nothing');
  for (const name of list(tool.runs)) options.set(name, 'attached');
  known.set(tool, options);
  return options;
}

const sets = new Map<string, ReadonlySet<string>>();

/** Whether a list of a row has this option. */
export function lists(names: string | undefined, name: string): boolean {
  if (names === undefined) return false;
  let set = sets.get(names);
  if (set === undefined) {
    set = new Set(list(names));
    // The lists are those of the tables, so there are not many.
    sets.set(names, set);
  }
  return set.has(name);
}

/** Divides the words after a command into options and operands, as getopt would. */
export function parseOptions(tool: Tool, args: readonly Arg[]): Parsed {
  return new OptionParser(tool, args).parse();
}

class OptionParser {
  readonly #tool: Tool;
  readonly #args: readonly Arg[];
  readonly #known: ReadonlyMap<string, Takes>;
  readonly #options: Given[] = [];
  readonly #operands: Arg[] = [];
  readonly #unlistedOnes: Arg[] = [];
  readonly #unsure: Arg[] = [];
  #at = 0;

  constructor(tool: Tool, args: readonly Arg[]) {
    this.#tool = tool;
    this.#args = args;
    this.#known = optionsOf(tool);
  }

  parse(): Parsed {
    for (let arg = this.#args[this.#at]; arg !== undefined; arg = this.#args[this.#at]) {
      this.#at++;
      if (arg.value === '--') {
        this.#operands.push(...this.#args.slice(this.#at));
        break;
      }
      if (!mayBeOption(arg)) {
        this.#operands.push(arg);
        if (!this.#tool.stops) continue;
        this.#operands.push(...this.#args.slice(this.#at));
        break;
      }
      // Without its first letters, or as several words, nothing tells what it is.
      if (arg.prefix.length < 2 || (arg.becomes !== 'one' && arg.value === undefined)) {
        this.#unsure.push(arg);
        this.#operands.push(arg);
      } else if (arg.prefix.startsWith('--') || this.#tool.oneDash) this.#long(arg);
      else this.#letters(arg);
    }
    return {
      options: this.#options,
      operands: this.#operands,
      unlisted: this.#unlistedOnes,
      unsure: this.#unsure,
    };
  }

  #long(arg: Arg): void {
    const equals = arg.prefix.indexOf('=');
    if (equals < 0 && arg.value === undefined) {
      this.#unsure.push(arg);
      return;
    }
    const name = equals < 0 ? arg.prefix : arg.prefix.slice(0, equals);
    const takes =
      this.#known.get(name) ?? (this.#tool.oneDash ? this.#known.get(name.replace(/^--/, '-')) : undefined);
    const value = equals < 0 ? undefined : after(arg, equals + 1);
    if (takes === undefined) this.#unlisted(arg, name, value);
    else this.#give(name, value ?? (takes === 'value' ? this.#next(arg) : undefined));
  }

  /** Long options may be shortened, so a start of a listed one that does more is taken for it. */
  #unlisted(arg: Arg, name: string, value: Arg | undefined): void {
    const full = [...this.#known].filter(([each]) => each.startsWith(name));
    if (full.length === 0 || this.#tool.others !== 'harmless') this.#unlistedOnes.push(arg);
    for (const [each, takes] of full) {
      if (takes === 'value' && value === undefined) this.#unsure.push(arg);
      this.#give(each, value);
    }
  }

  #letters(arg: Arg): void {
    for (let at = 1; at < arg.prefix.length; at++) {
      const name = `-${arg.prefix.charAt(at)}`;
      const takes = this.#known.get(name);
      if (takes === undefined) this.#unlistedOnes.push(arg);
      const rest = after(arg, at + 1);
      const hasRest = at + 1 < arg.prefix.length || arg.value === undefined;
      if (takes === 'value' || takes === 'attached') {
        this.#give(name, hasRest ? rest : takes === 'value' ? this.#next(arg) : undefined);
        return;
      }
      this.#give(name, undefined);
    }
    if (arg.value === undefined) this.#unsure.push(arg);
  }

  /** The word after an option that needs one. As several words it would be more than the value. */
  #next(option: Arg): Arg | undefined {
    const value = this.#args[this.#at];
    if (value === undefined) return undefined;
    this.#at++;
    if (value.becomes !== 'one' && mayBeOption(value)) this.#unsure.push(option);
    if (value.becomes !== 'one') this.#operands.push(value);
    return value;
  }

  #give(name: string, value: Arg | undefined): void {
    this.#options.push({ name, value });
  }
}
