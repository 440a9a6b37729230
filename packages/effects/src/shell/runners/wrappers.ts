import { parseOptions } from '../options.ts';
import type { Call, Runner, Shell, Stdin, Tool } from '../tool.ts';
import { anything, literal, opaque, type Arg } from '../words.ts';
import { doubts, has, refuses, valuesOf } from './arguments.ts';

interface Wrapper {
  readonly options: Tool;
  /** Words between the options and the command: the seconds of `timeout`. */
  readonly skips?: number;
  /** It raises rights. */
  readonly grants?: boolean;
  /** It takes `NAME=value` before the command. */
  readonly assigns?: boolean;
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  sudo: {
    options: {
      does: [],
      stops: true,
      flags:
        '-A -b -E -H -k -K -n -P -S -v -l --preserve-env --non-interactive --background --set-home --validate --list',
      values: '-u -g -p -C -h -r -t -T -U --user --group --prompt --host',
      runs: '-e -i -s -D -R --edit --login --shell --chdir --chroot',
    },
    grants: true,
    assigns: true,
  },
  doas: { options: { does: [], stops: true, flags: '-n -L', values: '-u', runs: '-s -C' }, grants: true },
  pkexec: {
    options: { does: [], stops: true, values: '--user', flags: '--disable-internal-agent --keep-cwd' },
    grants: true,
  },
  nohup: { options: { does: [], stops: true } },
  setsid: { options: { does: [], stops: true, flags: '-c -f -w --ctty --fork --wait' } },
  timeout: {
    options: {
      does: [],
      stops: true,
      flags: '-v -f -p --foreground --preserve-status --verbose',
      values: '-s -k --signal --kill-after',
    },
    skips: 1,
  },
  gtimeout: {
    options: { does: [], stops: true, flags: '--foreground --preserve-status', values: '-s -k' },
    skips: 1,
  },
  time: {
    options: {
      does: [],
      stops: true,
      flags: '-p -v -l -a --portability --verbose',
      values: '-f --format',
      runs: '-o --output',
    },
  },
  nice: {
    options: { does: [], stops: true, values: '-n --adjustment', flags: '-0 -1 -2 -3 -4 -5 -6 -7 -8 -9' },
  },
  ionice: { options: { does: [], stops: true, flags: '-t', values: '-c -n --class --classdata' } },
  stdbuf: { options: { does: [], stops: true, values: '-i -o -e --input --output --error' } },
  caffeinate: { options: { does: [], stops: true, flags: '-d -i -m -s -u', values: '-t' } },
  exec: { options: { does: [], stops: true, flags: '-c -l', values: '-a' } },
  builtin: { options: { does: [], stops: true } },
  env: {
    options: {
      does: [],
      stops: true,
      flags: '-i -0 --ignore-environment --null -v --debug',
      values: '-u --unset',
      // Divides its value into words by rules of its own; other directories change what relative names mean.
      runs: '-S --split-string -C --chdir -P --block-signal --default-signal --ignore-signal --argv0 -a -f --file',
    },
    assigns: true,
  },
};

function wrapper(row: Wrapper): Runner {
  return (call, shell) => {
    const parsed = parseOptions(row.options, call.args);
    doubts(parsed, call, shell);
    refuses(row.options, parsed, call, shell);
    if (row.grants) shell.findings.effect('grant', call.line);
    let words: readonly Arg[] = parsed.operands.slice(row.skips ?? 0);
    for (const skipped of parsed.operands.slice(0, row.skips ?? 0)) {
      if (skipped.becomes === 'free') shell.findings.unknown(call.line);
    }
    // `env -` is `env -i`.
    if (call.name === 'env' && words[0]?.value === '-') words = words.slice(1);
    if (row.assigns) words = assignments(words, call, shell);
    if (words.length > 0) {
      shell.run(words, call.stdin);
      return;
    }
    // `env` alone prints every variable, and credentials are often kept there.
    shell.findings.effect('read', call.line);
    if (call.name === 'env') shell.findings.effect('secret', call.line);
  };
}

/** Judges `NAME=value` words and returns those after them. */
export function assignments(words: readonly Arg[], call: Call, shell: Shell): readonly Arg[] {
  let at = 0;
  for (const word of words) {
    const equals = word.prefix.indexOf('=');
    if (equals < 0) break;
    shell.assign(word.prefix.slice(0, equals), true, call.line);
    shell.mention(word, call.line);
    if (word.becomes === 'free') shell.findings.unknown(call.line);
    at++;
  }
  return words.slice(at);
}

/** `command -v x` only says what x is. */
const command: Runner = (call, shell) => {
  const options: Tool = { does: [], stops: true, flags: '-p -v -V' };
  const parsed = parseOptions(options, call.args);
  doubts(parsed, call, shell);
  if (has(parsed, '-v -V') || parsed.operands.length === 0) shell.findings.effect('read', call.line);
  else shell.run(parsed.operands, call.stdin);
};

const SU: Tool = {
  does: [],
  flags: '- -l -m -p --login --preserve-environment',
  values: '-c --command -g -G -u --user --group',
  runs: '-s --shell -P -w --pty',
};

/** `su -c 'text' user`, and `runuser -u user command`. */
const su: Runner = (call, shell) => {
  const parsed = parseOptions(SU, call.args);
  doubts(parsed, call, shell);
  refuses(SU, parsed, call, shell);
  shell.findings.effect('grant', call.line);
  const texts = valuesOf(parsed, '-c --command');
  if (texts.length === 0 || has(parsed, '-u --user')) shell.findings.unknown(call.line);
  for (const text of texts) code(text, 'sh', call, shell);
};

/** Source text in a word. */
export function code(text: Arg, interpreter: 'bash' | 'sh', call: Call, shell: Shell): void {
  if (text.value === undefined) shell.findings.unknown(`runs text that is not written out: ${call.line}`);
  else shell.script(text.value, interpreter, call.line);
}

const XARGS: Tool = {
  does: [],
  stops: true,
  flags: '-0 -r -t -p -x -o --null --no-run-if-empty --verbose --interactive --exit --open-tty',
  values: '-I -L -n -P -s -d -E -J -R --max-args --max-procs --delimiter --max-chars',
  optional: '-i -e -l --replace --eof --max-lines',
  reads: '-a --arg-file',
};

/** The words that xargs adds come from its input, so nothing is known of them. */
const xargs: Runner = (call, shell) => {
  const parsed = parseOptions(XARGS, call.args);
  doubts(parsed, call, shell);
  for (const file of valuesOf(parsed, '-a --arg-file')) shell.readFile(file, call.line);
  const words = parsed.operands.length > 0 ? parsed.operands : [literal('echo')];
  const replaced = parsed.options.filter(({ name }) => /^(?:-I|-i|-J|--replace)$/.test(name));
  // With both, the later one counts.
  if (replaced.length === 0 || has(parsed, '-n -L -l --max-args --max-lines')) {
    shell.run([...words, anything('<words of its input>')], { kind: 'opaque' });
  }
  if (replaced.length === 0) return;
  const marks = replaced.map(({ value }) => (value === undefined || value.value === '' ? '{}' : value.value));
  const filled = words.map((word) => marks.reduce<Arg>((arg, mark) => fill(arg, mark), word));
  shell.run(filled, { kind: 'opaque' });
};

/** A word in which a mark is replaced by what nobody knows. */
export function fill(arg: Arg, mark: string | undefined, patterns?: readonly string[]): Arg {
  if (mark === undefined) return anything(arg.text);
  const at = arg.prefix.indexOf(mark);
  if (at < 0) return arg.value === undefined && arg.text.includes(mark) ? anything(arg.text) : arg;
  const end = arg.prefix.slice(at + mark.length);
  const texts = end.includes(mark)
    ? undefined
    : patterns?.map((each) => arg.prefix.slice(0, at) + each + end);
  return opaque(arg.text, arg.prefix.slice(0, at), arg.value === undefined ? undefined : texts);
}

/** `watch` gives its words to a shell. */
const watch: Runner = (call, shell) => {
  const options: Tool = {
    does: [],
    stops: true,
    flags: '-b -c -e -g -t -w -x -p --beep --color --errexit --chgexit --no-title --exec --precise',
    values: '-n -q --interval --equexit',
    optional: '-d --differences',
  };
  const parsed = parseOptions(options, call.args);
  doubts(parsed, call, shell);
  if (has(parsed, '-x --exec')) shell.run(parsed.operands, call.stdin);
  else joined(parsed.operands, call, shell);
};

/** Words that another shell reads again, joined by spaces. */
export function joined(words: readonly Arg[], call: Call, shell: Shell): void {
  const texts = words.map((word) => word.value);
  if (words.length === 0 || texts.includes(undefined))
    shell.findings.unknown(`runs text that is not written out: ${call.line}`);
  else shell.script(texts.join(' '), 'sh', call.line);
}

const evaluate: Runner = (call, shell) => {
  const words = call.args[0]?.value === '--' ? call.args.slice(1) : call.args;
  const texts = words.map((word) => word.value);
  if (texts.includes(undefined)) shell.findings.unknown(`runs text that is not written out: ${call.line}`);
  else if (texts.length === 0) shell.findings.effect('read', call.line);
  else shell.script(texts.join(' '), shell.dialect, call.line);
};

const trap: Runner = (call, shell) => {
  const words = call.args[0]?.value === '--' ? call.args.slice(1) : call.args;
  const [action] = words;
  shell.findings.effect('read', call.line);
  if (action === undefined || action.value === '-l' || action.value === '-p') return;
  if (action.value === '' || action.value === '-' || words.length === 1) {
    if (action.value === undefined) shell.findings.unknown(call.line);
    return;
  }
  code(action, shell.dialect, call, shell);
};

const SHELL: Tool = {
  does: [],
  stops: true,
  flags:
    '-e -u -x -v -l -f -n -a -b -h -k -m -p -t -B -C -E -H -P -T --login --norc --noprofile --posix --noediting',
  values: '-o -O +o +O',
  runs: '-i -r -D --rcfile --init-file --debugger --dump-strings --verbose --restricted',
};

/** `sh -c text`; what comes from a file or another command is not here to be read. */
function posix(interpreter: 'bash' | 'sh'): Runner {
  return (call, shell) => {
    // `-c` takes no value of its own: the text is the first operand after all the options.
    const parsed = parseOptions({ ...SHELL, flags: `${SHELL.flags} -c -s` }, call.args.map(plus));
    doubts(parsed, call, shell);
    refuses(SHELL, parsed, call, shell);
    // These two change how a script is read: `-a` exports every variable, `-k` takes assignments anywhere.
    if (has(parsed, '-a -k -o -O +o +O'))
      setOptions(valuesOf(parsed, '-o -O +o +O'), has(parsed, '-a -k'), call, shell);
    const [first] = parsed.operands;
    if (has(parsed, '-c')) {
      if (first === undefined) shell.findings.unknown(call.line);
      else code(first, interpreter, call, shell);
    } else if (first === undefined || has(parsed, '-s')) input(call.stdin, interpreter, call, shell);
    else shell.findings.unknown(`runs the file ${first.text}: ${call.line}`);
  };
}

/** `+x` turns an option off; only `-o` names matter. */
function plus(arg: Arg): Arg {
  return /^\+[A-Za-z]+$/.test(arg.value ?? '') ? literal(`-${(arg.value ?? '').slice(1)}`, arg.text) : arg;
}

function setOptions(names: readonly Arg[], isRisky: boolean, call: Call, shell: Shell): void {
  const harmless =
    /^(?:pipefail|errexit|nounset|xtrace|noclobber|noglob|verbose|errtrace|functrace|nullglob|failglob)$/;
  if (isRisky || names.some(({ value }) => value === undefined || !harmless.test(value)))
    shell.findings.unknown(call.line);
}

function input(stdin: Stdin, interpreter: 'bash' | 'sh', call: Call, shell: Shell): void {
  if (stdin.kind === 'text') shell.script(stdin.text, interpreter, call.line);
  else shell.findings.unknown(`runs whatever comes in: ${call.line}`);
}

export const WRAPPER_RUNNERS: readonly (readonly [string, Runner])[] = [
  ...Object.entries(WRAPPERS).map(([name, row]) => [name, wrapper(row)] as const),
  ['command', command],
  ['su', su],
  ['runuser', su],
  ['xargs', xargs],
  ['watch', watch],
  ['eval', evaluate],
  ['trap', trap],
  ['bash', posix('bash')],
  ['sh', posix('sh')],
  ['dash', posix('sh')],
];
