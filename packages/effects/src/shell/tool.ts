import type { Effect } from '@countersign/core';
import type { Classification, Findings } from '../classification.ts';
import type { Arg } from './words.ts';

/** What the operands of a tool name. `text` is nothing that matters, `names` files that are only
 * named, `mentions` perhaps files among other things, `change` files that are read and written. */
export type OperandKind =
  'text' | 'names' | 'mentions' | 'read' | 'write' | 'change' | 'copy' | 'move' | 'host';

/**
 * One row of the tables: what a tool does and which of its options are known. Options are lists divided by spaces
 * (`-a --all`). INVARIANT: `flags` take no value and `values` take one, in every version of the tool: an option taken
 * for one with a value would hide the word after it.
 */
export interface Tool {
  /** What every call of it does. `network` means outward too, unless its hosts are known to be this machine. */
  readonly does: readonly Effect[];
  readonly flags?: string;
  readonly values?: string;
  /** Options whose value, if any, is attached: `-i.bak`, `--color=auto`. */
  readonly optional?: string;
  /** Options whose value is a file that is read. */
  readonly reads?: string;
  /** Options whose value is a file that is written. */
  readonly writes?: string;
  /** Options, with or without a value, that run something or were judged too much to follow. */
  readonly runs?: string;
  /** Options without a value that do more, by effect. */
  readonly adds?: Readonly<Partial<Record<Effect, string>>>;
  /** Options with a value that do more, by effect. */
  readonly addsValue?: Readonly<Partial<Record<Effect, string>>>;
  /** Options with which it does this in place of `does`. */
  readonly instead?: { readonly options: string; readonly does: readonly Effect[] };
  /** What an option not listed here is. `unknown` unless the row says otherwise. */
  readonly others?: 'harmless' | 'unknown';
  /** Long options are written with one dash: `terraform plan -out=x`. */
  readonly oneDash?: boolean;
  /** The first operand ends the options. */
  readonly stops?: boolean;
  readonly operands?: OperandKind;
  /** It makes files under names of their own in the directory it is in. */
  readonly here?: boolean;
  /** What it does more when it has operands: `git branch x`. */
  readonly withOperands?: readonly Effect[];
  /** Subcommands. Any other subcommand is not understood. */
  readonly subs?: Table;
  /** What it does when no subcommand is given; without this, that is not understood. */
  readonly alone?: readonly Effect[];
}

/** A row in short: only effects, for a tool none of whose options does anything more. */
export type Row = Tool | readonly Effect[];
export type Table = Readonly<Record<string, Row>>;

/** What a command reads on its standard input. */
export type Stdin =
  | { readonly kind: 'inherited' }
  /** Another command's output, a file, or text with expansions. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'text'; readonly text: string };

/** One simple command, its name and words resolved. */
export interface Call {
  readonly name: string;
  readonly args: readonly Arg[];
  readonly stdin: Stdin;
  /** The command as written, for a reason. */
  readonly line: string;
}

export interface ShellOptions {
  readonly dialect?: 'bash';
  /** Classifies the SQL given to database clients; without it that SQL is not understood. */
  readonly classifySql?: (sql: string) => Classification;
}

/** What the readers of single commands may ask of the one that reads the whole. */
export interface Shell {
  readonly findings: Findings;
  readonly classifySql: ((sql: string) => Classification) | undefined;
  /** What reads the script this command is in. */
  readonly dialect: 'bash' | 'sh';
  /** Classifies a command inside another: `sudo rm x`. */
  run(words: readonly Arg[], stdin: Stdin): void;
  /** Classifies source text that another shell, or this one, would run. */
  script(source: string, interpreter: 'bash' | 'sh', line: string): void;
  /** Judges an assignment; `exported` is one that other programs see. */
  assign(name: string, exported: boolean, line: string): void;
  /** The paths that a word may name, as patterns; undefined when that cannot be told. */
  paths(arg: Arg): readonly string[] | undefined;
  readFile(arg: Arg, line: string): void;
  writeFile(arg: Arg, line: string): void;
  /** A file that a word may name, whatever is done with it. */
  mention(arg: Arg, line: string): void;
}

/** Reads one call of a tool that no row can describe. */
export type Runner = (call: Call, shell: Shell) => void;
