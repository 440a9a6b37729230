import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/** What was typed is not a command: exit code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** What was asked for did not come about, said in one line: exit code 1. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
}

/** What was typed after the command's words. */
export interface Typed {
  readonly positionals: readonly string[];
  /** Everything after `--`, untouched. */
  readonly rest: readonly string[];
  text(option: string): string | undefined;
  /** All values of an option that may be given again. */
  texts(option: string): readonly string[];
  /** Throws `UsageError` where it is missing. */
  required(option: string): string;
  flag(option: string): boolean;
}

export interface Command {
  /** After `countersign`: words, then what it takes. */
  readonly usage: string;
  readonly summary: string;
  readonly options: ParseArgsOptionsConfig;
  /** How many positionals, at least and at most. */
  readonly takes: readonly [number, number];
  /** Whether a command line may follow after `--`. */
  readonly takesCommand?: boolean;
  run(typed: Typed): Promise<void>;
}

/** The options that administration commands share. */
export const SITE_OPTIONS = {
  data: { type: 'string' },
  config: { type: 'string' },
  policies: { type: 'string' },
  catalog: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

/** Reads what follows a command's words. Throws `UsageError`. */
export function readArguments(command: Command, args: readonly string[]): Typed {
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  const rest = end < 0 ? [] : args.slice(end + 1);
  if (rest.length > 0 && command.takesCommand !== true) throw new UsageError('nothing may follow after `--`');
  if (end >= 0 && rest.length === 0 && command.takesCommand === true)
    throw new UsageError('a command must follow after `--`');
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: attached(own, command.options),
      options: command.options,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? firstSentence(error.message) : String(error));
  }
  const { values, positionals } = parsed;
  const [least, most] = command.takes;
  if (positionals.length < least) throw new UsageError('an argument is missing');
  if (positionals.length > most) throw new UsageError(`\`${positionals[most]}\` is one too many`);
  const text = (option: string): string | undefined => {
    const value = values[option];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    positionals,
    rest,
    text,
    required(option) {
      const value = text(option);
      if (value === undefined) throw new UsageError(`--${option} is missing`);
      return value;
    },
    texts(option) {
      const value = values[option];
      return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
    },
    flag: (option) => values[option] === true,
  };
}

/**
 * The same arguments with each value attached to its option: a key in base64url may begin with a hyphen, and
 * is a value all the same. Only another option of this command is not.
 */
function attached(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const isOption = (arg: string): boolean =>
    arg.startsWith('--') && Object.hasOwn(options, arg.slice(2).split('=')[0] ?? '');
  const out: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const value = args[at + 1];
    const takesValue = isOption(arg) && options[arg.slice(2)]?.type === 'string';
    if (!takesValue || value === undefined || isOption(value)) out.push(arg);
    else {
      out.push(`${arg}=${value}`);
      at++;
    }
  }
  return out;
}

function firstSentence(message: string): string {
  return message.split(/\.\s|\n/)[0] ?? message;
}
