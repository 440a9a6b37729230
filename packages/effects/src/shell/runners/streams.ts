import { excerpt } from '../../classification.ts';
import { effects } from '../apply.ts';
import { parseOptions } from '../options.ts';
import type { Runner, Tool } from '../tool.ts';
import { literal, type Arg } from '../words.ts';
import { doubts, has, refuses, valuesOf } from './arguments.ts';

const SED: Tool = {
  does: ['read'],
  flags:
    '-n -E -r -s -u -z --quiet --silent --regexp-extended --separate --unbuffered --null-data --posix --sandbox --debug',
  values: '-e --expression',
  optional: '-i -I --in-place',
  runs: '-f --file',
};

/** `sed`: its scripts can run commands and write files, so only those made of the plain commands are understood. */
const sed: Runner = (call, shell) => {
  const { findings } = shell;
  const parsed = parseOptions(SED, call.args);
  doubts(parsed, call, shell);
  refuses(SED, parsed, call, shell);
  effects(['read'], call, shell);
  const isInPlace = has(parsed, '-i -I --in-place');
  const given = valuesOf(parsed, '-e --expression');
  let operands = parsed.operands;
  let scripts = given;
  if (given.length === 0) {
    // BSD's `-i ''` takes an empty word that for GNU is the script; the word after it is then read as either.
    const taken = isInPlace && (operands[0]?.value === '' || mayBeScript(operands[1])) ? 2 : 1;
    scripts = operands.slice(0, taken);
    operands = operands.slice(1);
  }
  for (const script of scripts) {
    if (script.value === undefined || !isPlainSed(script.value))
      findings.unknown(`sed script ${excerpt(script.text)}: ${call.line}`);
  }
  if (isInPlace) effects(['update'], call, shell);
  // With a slash in it the ending of the copies is a place for them.
  for (const ending of valuesOf(parsed, '-i -I --in-place')) {
    if (ending.value === undefined) findings.unknown(call.line);
    else if (ending.value.includes('/')) shell.writeFile(ending, call.line);
  }
  for (const file of operands) {
    shell.readFile(file, call.line);
    if (isInPlace) shell.writeFile(file, call.line);
  }
};

/** For BSD the word after `-i` is an ending and the next one the script, which may be one that writes. */
function mayBeScript(word: Arg | undefined): boolean {
  return /^[\d$,]*\s*w[\s/~.]|[/;{]\s*w\s|^s([^\w\s]).*\1.*\1[gp\d]*w/s.test(word?.value ?? '');
}

/** A divider in brackets ends the expression for some and not for others, so there must be none. */
const ADDRESS = String.raw`(?:\d+|\$|\/(?:[^\/\\\n[]|\\[^\n]|\[\^?\]?[^\]\/\n\\[]*\])*\/[IM]*|\d+~\d+)`;
const BEFORE = new RegExp(String.raw`^(?:${ADDRESS}(?:\s*,\s*(?:[+~]?\d+|${ADDRESS}))?)?\s*!?\s*`);

/** Whether every command of a script is one that only edits the text passing through. */
function isPlainSed(script: string): boolean {
  let rest = script;
  let depth = 0;
  for (let count = 0; count < 1000; count++) {
    rest = rest.replace(/^[\s;]+/, '');
    if (rest === '') return depth === 0;
    rest = rest.slice(BEFORE.exec(rest)?.[0].length ?? 0);
    const letter = rest.charAt(0);
    if (letter === '{') depth++;
    else if (letter === '}') depth--;
    const after = letter === 's' || letter === 'y' ? substitution(rest) : plain(rest);
    if (after === undefined) return false;
    rest = after;
  }
  return false;
}

/** Commands without words, and those that add one line of text. */
function plain(rest: string): string | undefined {
  const command = /^(?:[pPdDqQ=nNgGhHxlzF{}]\d*(?=[\s;}]|$|(?<=\{))|[{}])/.exec(rest);
  if (command) return rest.slice(command[0].length);
  // One line of text; a backslash at its end would go on with the next.
  const text = /^[aic](?:\\\n?|\s)[^\n\\]*(?:\n|$)/.exec(rest);
  return text ? rest.slice(text[0].length) : undefined;
}

/** `s/a/b/g` without the flags `e`, which runs the text, and `w`, which writes it. */
function substitution(rest: string): string | undefined {
  const divider = rest.charAt(1);
  if (!/^[/|,#:@!%+_~]$/.test(divider)) return undefined;
  let at = 2;
  for (let part = 0; part < 2; part++) {
    while (at < rest.length && rest.charAt(at) !== divider) {
      const char = rest.charAt(at);
      // In brackets a divider may stand for itself for some and end the part for others.
      if (char === '[') {
        const close = /^\[\^?\]?(?:[^\]\n\\[]|\[:\w+:\]|\\.)*\]/.exec(rest.slice(at, at + 300))?.[0];
        if (close === undefined || close.includes(divider)) return undefined;
        at += close.length;
      } else at += char === '\\' ? 2 : 1;
      if (char === '\n') return undefined;
    }
    if (at >= rest.length) return undefined;
    at++;
  }
  const flags = /^[gpiI\d]*(?=[\s;}]|$)/.exec(rest.slice(at, at + 64));
  return flags ? rest.slice(at + flags[0].length) : undefined;
}

const AWK: Tool = {
  does: ['read'],
  stops: true,
  values: '-F -v --field-separator --assign',
  flags: '--posix --traditional --re-interval -b -S --sandbox',
  runs: '-f --file -i --include -l --load -e --source -E --exec -D -d -o -p',
};

/** `awk`: a program that could run a command, write a file or read another is not understood. */
const awk: Runner = (call, shell) => {
  const { findings } = shell;
  const parsed = parseOptions(AWK, call.args);
  doubts(parsed, call, shell);
  refuses(AWK, parsed, call, shell);
  effects(['read'], call, shell);
  const [program, ...files] = parsed.operands;
  const text = program?.value;
  if (text === undefined || !isPlainAwk(text)) findings.unknown(`awk program: ${call.line}`);
  if (text !== undefined && /ENVIRON|SYMTAB/.test(text)) findings.effect('secret', call.line);
  // A variable as file name in the program's own words.
  if (text !== undefined && /ARGV|ARGC/.test(text)) findings.unknown(call.line);
  // `/inet/tcp/0/host/port` is a connection.
  if (files.some((file) => file.prefix.startsWith('/inet'))) findings.unknown(call.line);
  for (const file of files) if (!/^[A-Za-z_]\w*=/.test(file.prefix)) shell.readFile(file, call.line);
};

function isPlainAwk(program: string): boolean {
  // Anywhere, strings included: telling strings from regular expressions is what an attacker would play with.
  if (/system|getline|@|close|fflush|popen|load|include|\|(?!\|)/.test(program.replaceAll('||', '')))
    return false;
  const brace = program.indexOf('{');
  if (brace < 0) return true;
  // In a block `>` writes a file, unless it compares two plain values in parentheses of its own.
  const value = String.raw`[$\w.]+`;
  const compared = new RegExp(
    String.raw`\(\s*${value}\s*>=?\s*${value}\s*(?:&&\s*${value}\s*[<>=!]=?\s*${value}\s*)?\)`,
    'g',
  );
  return !program.slice(brace).replaceAll(compared, '()').replaceAll('>=', '').includes('>');
}

/** Interpreters of other languages: only what their own version says, and what a few modules of Python do, is known. */
function interpreter(known: RegExp): Runner {
  return (call, shell) => {
    const [first] = call.args;
    if (call.args.length === 1 && first?.value !== undefined && known.test(first.value))
      effects(['read'], call, shell);
    else
      shell.findings.effect('execute', call.line).unknown(`runs a program in another language: ${call.line}`);
  };
}

/** What `python -m <name>` does. */
const MODULES: Readonly<
  Record<string, readonly ('read' | 'create' | 'update' | 'execute' | 'network' | 'export' | 'grant')[]>
> = {
  'json.tool': ['read'],
  venv: ['create', 'execute'],
  pytest: ['execute'],
  unittest: ['execute'],
  mypy: ['execute'],
  build: ['create', 'execute', 'network'],
  'http.server': ['read', 'export', 'grant', 'network'],
};

const python: Runner = (call, shell) => {
  const [option, module = literal(''), ...rest] = call.args;
  const does =
    option?.value === '-m' && module.value !== undefined && Object.hasOwn(MODULES, module.value)
      ? MODULES[module.value]
      : undefined;
  if (option?.value === '-m' && /^pip3?$/.test(module.value ?? ''))
    shell.run([literal('pip'), ...rest], call.stdin);
  else if (does === undefined) interpreter(/^-(?:V|VV|-version)$/)(call, shell);
  else {
    effects(does, call, shell);
    if (module.value === 'json.tool') {
      const parsed = parseOptions(
        {
          does: [],
          flags: '--sort-keys --no-ensure-ascii --json-lines --compact --tab --no-indent',
          values: '--indent',
        },
        rest,
      );
      doubts(parsed, call, shell);
      const [input, output] = parsed.operands;
      if (input) shell.readFile(input, call.line);
      if (output) {
        effects(['update'], call, shell);
        shell.writeFile(output, call.line);
      }
    }
  }
};

const LANGUAGES = [
  'node',
  'nodejs',
  'deno',
  'perl',
  'ruby',
  'php',
  'lua',
  'Rscript',
  'java',
  'osascript',
  'tclsh',
  'expect',
  'zsh',
  'ksh',
  'fish',
  'pwsh',
  'busybox',
];

/** Runs a file in this very shell. */
const source: Runner = (call, shell) => {
  shell.findings
    .effect('execute', call.line)
    .unknown(`runs the file ${excerpt(call.args[0]?.text ?? '')}: ${call.line}`);
};

export const STREAM_RUNNERS: readonly (readonly [string, Runner])[] = [
  ['sed', sed],
  ['gsed', sed],
  ['awk', awk],
  ['gawk', awk],
  ['mawk', awk],
  ['nawk', awk],
  ['python', python],
  ['python3', python],
  ['source', source],
  ['.', source],
  ...LANGUAGES.map((name) => [name, interpreter(/^(?:-v|-V|--version|-version)$/)] as const),
];
