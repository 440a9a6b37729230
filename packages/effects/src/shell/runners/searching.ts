import { excerpt } from '../../classification.ts';
import { effects } from '../apply.ts';
import { parseOptions } from '../options.ts';
import type { Call, Runner, Shell, Tool } from '../tool.ts';
import { literal, mayBeOption, opaque, type Arg } from '../words.ts';
import { doubts, has, refuses, valuesOf } from './arguments.ts';
import { fill } from './wrappers.ts';

/** Words of `find` that take nothing, and those that take one word. */
const ALONE =
  /^(?:-(?:H|L|P|O\d|print|print0|ls|prune|quit|depth|d|xdev|mount|daystart|follow|noleaf|empty|true|false|readable|writable|executable|nouser|nogroup|a|and|o|or|not|noignore_readdir_race|ignore_readdir_race|warn|nowarn|E|x|s)|[()!,])$/;
const WITH_VALUE =
  /^-(?:name|iname|path|ipath|wholename|iwholename|regex|iregex|regextype|type|xtype|size|mtime|atime|ctime|mmin|amin|cmin|newer|anewer|cnewer|newer[aBcmt][aBcmt]|perm|user|group|uid|gid|maxdepth|mindepth|links|inum|samefile|fstype|lname|ilname|printf|used|context|D)$/;

/** `find`: what it runs is classified with `{}` as a word of which only the directory is known. */
const find: Runner = (call, shell) => {
  const { findings } = shell;
  const { args } = call;
  effects(['read'], call, shell);
  let at = 0;
  const roots: Arg[] = [];
  for (; at < args.length; at++) {
    const arg = args[at];
    if (arg === undefined || mayBeOption(arg) || /^[()!,]$/.test(arg.value ?? '')) {
      // Options for symbolic links come before the roots.
      if (roots.length === 0 && /^-(?:[HLPEXdsx]|O\d)$/.test(arg?.value ?? '')) continue;
      break;
    }
    roots.push(arg);
  }
  const found = foundFiles(args, roots);
  for (; at < args.length; at++) {
    const word = args[at]?.value;
    if (word === undefined) findings.unknown(`what ${excerpt(args[at]?.text ?? '')} is: ${call.line}`);
    else if (ALONE.test(word)) continue;
    else if (WITH_VALUE.test(word)) {
      at++;
      if (args[at]?.becomes !== 'one' && args[at]?.value === undefined) findings.unknown(call.line);
    } else if (word === '-delete') findings.effect('delete', call.line);
    else if (/^-(?:fprint|fprint0|fprintf|fls)$/.test(word)) {
      findings.effect('update', call.line);
      const file = args[++at];
      if (file) shell.writeFile(file, call.line);
      if (word === '-fprintf') at++;
    } else if (/^-(?:exec|execdir|ok|okdir)$/.test(word)) at = executes(args, at, found, call, shell);
    else findings.unknown(`option ${excerpt(word)}: ${call.line}`);
  }
};

/** What the found files may be called, as patterns. */
function foundFiles(args: readonly Arg[], roots: readonly Arg[]): readonly string[] | undefined {
  const after = (option: RegExp): readonly Arg[] =>
    args.filter((_, at) => option.test(args[at - 1]?.value ?? ''));
  const starts = roots.length > 0 ? roots.map((root) => root.patterns) : [['.']];
  const ends = [
    ...after(/^-(?:i?name|i?path|i?wholename)$/).map((name) => name.patterns),
    ...after(/^-i?regex$/).map(({ value }) => globOf(value)),
  ];
  // Another name of the very same file.
  const others = after(/^-samefile$/).map((file) => file.patterns);
  if (others.includes(undefined)) return undefined;
  if (starts.includes(undefined) || ends.includes(undefined)) return undefined;
  const directories = starts.flatMap((each) => each ?? []);
  return [
    ...others.flatMap((each) => each ?? []),
    ...directories.flatMap((directory) => [
      directory,
      ...ends.flatMap((each) => each ?? []).map((name) => `${directory}/${name}`),
    ]),
  ];
}

/** A glob that fits whatever a regular expression does; undefined for one that says more than a glob can. */
function globOf(regex: string | undefined): readonly string[] | undefined {
  const glob = regex
    ?.replaceAll(/\.[*+]/g, '*')
    .replaceAll(/(?<!\\)\./g, '?')
    .replaceAll(/\\([./])/g, '$1');
  return glob === undefined || !/^[\w/*?.@ -]*$/.test(glob) ? undefined : [glob];
}

function executes(
  args: readonly Arg[],
  start: number,
  found: readonly string[] | undefined,
  call: Call,
  shell: Shell,
): number {
  const end = args.findIndex(
    ({ value }, at) => at > start && (value === ';' || (value === '+' && args[at - 1]?.value === '{}')),
  );
  if (end < 0) {
    shell.findings.unknown(`${args[start]?.value ?? ''} without an end: ${call.line}`);
    return args.length;
  }
  const words = args.slice(start + 1, end);
  if (words.length === 0) shell.findings.unknown(call.line);
  // Each name starts with a root, which is no option; `-execdir` makes it `./name`.
  const names = found ?? undefined;
  const filled = words.map((word) =>
    word.value === '{}' ? opaque('{}', names === undefined ? '' : './', names) : fill(word, '{}', names),
  );
  shell.run(filled, { kind: 'opaque' });
  if (args[start]?.value?.endsWith('dir') === true) {
    shell.run(
      filled.map((word, at) => (at === 0 ? word : within(word, names))),
      { kind: 'opaque' },
    );
  }
  return end;
}

/** A word that may name a file, seen from the directories that `-execdir` runs in. */
function within(word: Arg, directories: readonly string[] | undefined): Arg {
  if (word.value === undefined || /^[-/]/.test(word.value)) return word;
  const { value } = word;
  return opaque(
    word.text,
    './',
    directories?.map((each) => `${each}/${value}`),
  );
}

const FD: Tool = {
  does: ['read'],
  flags:
    '-H -I -u -s -i -g -a -l -L -p -0 -1 -q --hidden --no-ignore --case-sensitive --ignore-case --glob --absolute-path --list-details --follow --full-path --print0 --quiet',
  values:
    '-d -e -t -E -S -c -j --max-depth --min-depth --extension --type --exclude --size --changed-within --changed-before --color',
  runs: '-x -X --exec --exec-batch',
};

const fd: Runner = (call, shell) => {
  const parsed = parseOptions(FD, call.args);
  effects(['read'], call, shell);
  doubts(parsed, call, shell);
  refuses(FD, parsed, call, shell);
};

const JQ: Tool = {
  does: ['read'],
  flags:
    '-r -c -e -s -n -R -S -M -C -a -j -b --raw-output --compact-output --exit-status --slurp --null-input --raw-input --sort-keys --color-output --monochrome-output --ascii-output --join-output --raw-output0 --seq --stream --tab',
  values: '--indent',
  reads: '-f --from-file',
  runs: '-L --argfile --slurpfile --rawfile --arg --argjson --args --jsonargs',
};

/** `--arg name value` takes two words. */
const TWO = /^--(?:arg|argjson|slurpfile|rawfile|argfile)$/;

const jq: Runner = (call, shell) => {
  const { findings } = shell;
  effects(['read'], call, shell);
  const rest: Arg[] = [];
  for (let at = 0; at < call.args.length; at++) {
    const arg = call.args[at];
    if (arg === undefined) break;
    if (!TWO.test(arg.value ?? '')) {
      if (!/^--(?:args|jsonargs)$/.test(arg.value ?? '')) rest.push(arg);
      continue;
    }
    const [name, value] = [call.args[at + 1], call.args[at + 2]];
    if (name?.value === undefined || value === undefined || value.becomes !== 'one')
      findings.unknown(call.line);
    else if (arg.value?.endsWith('file')) shell.readFile(value, call.line);
    at += 2;
  }
  const parsed = parseOptions(JQ, rest);
  doubts(parsed, call, shell);
  refuses(JQ, parsed, call, shell);
  for (const file of valuesOf(parsed, '-f --from-file')) shell.readFile(file, call.line);
  const [filter, ...files] = parsed.operands;
  if (filter?.value === undefined && filter !== undefined) findings.unknown(call.line);
  // What is in a program file may be the environment.
  if (has(parsed, '-f --from-file')) findings.effect('secret', call.line);
  if (/\benv\b|\$ENV|\$__prog/.test(filter?.value ?? '')) findings.effect('secret', call.line);
  if (/\b(?:import|include)\b/.test(filter?.value ?? '')) findings.unknown(call.line);
  for (const file of has(parsed, '-f --from-file') ? parsed.operands : files) shell.readFile(file, call.line);
};

const YQ: Tool = {
  does: ['read'],
  flags:
    '-r -c -e -n -N -j -P -C -M --raw-output --unwrapScalar --null-input --exit-status --no-doc --prettyPrint --tojson',
  values: '-o -p -I --output-format --input-format --indent',
  adds: { update: '-i --inplace' },
  // For one of the two tools of this name it writes files that an expression names.
  runs: '-s --split-exp',
};

const yq: Runner = (call, shell) => {
  const parsed = parseOptions(YQ, call.args);
  doubts(parsed, call, shell);
  effects(['read'], call, shell);
  const writes = has(parsed, '-i --inplace');
  if (writes) effects(['update'], call, shell);
  refuses(YQ, parsed, call, shell);
  // A subcommand may stand before the filter, so each word may be one.
  const [filter] = parsed.operands;
  const isFilter = (text: string): boolean =>
    !/^(?:eval|eval-all)$/.test(text) && /env|load|input|include|import|eval|system|exec|@/.test(text);
  if (
    parsed.operands.some(({ value }) => value !== undefined && !/^[\w./-]+$/.test(value) && isFilter(value))
  )
    shell.findings.unknown(call.line);
  if (filter?.value !== undefined && isFilter(filter.value)) shell.findings.unknown(call.line);
  for (const file of parsed.operands) {
    shell.readFile(file, call.line);
    if (writes && file !== filter) shell.writeFile(file, call.line);
  }
};

/** The second operand is written, for `uniq` and `xxd`. */
function secondIsWritten(options: Tool): Runner {
  return (call, shell) => {
    const parsed = parseOptions(options, call.args);
    doubts(parsed, call, shell);
    effects(['read'], call, shell);
    const [input, output] = parsed.operands;
    if (input) shell.readFile(input, call.line);
    if (input?.becomes !== 'one' && input !== undefined && input.value === undefined)
      shell.findings.unknown(call.line);
    if (output) {
      effects(['update'], call, shell);
      shell.writeFile(output, call.line);
    }
  };
}

const DATE: Tool = {
  does: ['read'],
  flags: '-u -j -R -n --utc --universal --rfc-email --debug',
  optional: '-I --iso-8601 --rfc-3339',
  values: '-d --date -v',
  reads: '-f -r --reference --file',
  addsValue: { update: '-s --set' },
};

/** An operand that is no format sets the clock. */
const date: Runner = (call, shell) => {
  const parsed = parseOptions(DATE, call.args);
  doubts(parsed, call, shell);
  effects(['read'], call, shell);
  for (const given of valuesOf(parsed, DATE.reads ?? '')) shell.readFile(given, call.line);
  const sets = parsed.operands.some((arg) => !arg.prefix.startsWith('+')) && !has(parsed, '-j');
  if (sets || has(parsed, '-s --set')) effects(['update'], call, shell);
};

const PS: Tool = {
  does: ['read'],
  flags: '-A -a -d -e -f -F -j -l -L -M -m -r -T -w -x -y --forest --headers --no-headers',
  values: '-o -p -u -U -t -C -g -G -N -k --format --pid --ppid --sort --user',
};

/** Letters without a dash are options too, and `e` among them shows the environment of every process. */
const ps: Runner = (call, shell) => {
  const parsed = parseOptions(PS, call.args);
  doubts(parsed, call, shell);
  effects(['read'], call, shell);
  if (parsed.operands.some(({ value }) => value === undefined || /^[a-z]*e/i.test(value)))
    effects(['secret'], call, shell);
};

const getent: Runner = (call, shell) => {
  effects(['read'], call, shell);
  const [database = literal('')] = call.args;
  if (
    !/^(?:passwd|group|hosts|services|protocols|networks|ahosts|ahostsv4|ahostsv6)$/.test(
      database.value ?? '',
    )
  )
    effects(['secret'], call, shell);
  if (/^(?:hosts|ahosts)/.test(database.value ?? 'hosts')) effects(['network'], call, shell);
};

export const SEARCH_RUNNERS: readonly (readonly [string, Runner])[] = [
  ['find', find],
  ['gfind', find],
  ['fd', fd],
  ['jq', jq],
  ['yq', yq],
  [
    'uniq',
    secondIsWritten({
      does: [],
      flags: '-c -d -D -i -u -z --count --repeated --unique --ignore-case',
      values: '-f -s -w --skip-fields --skip-chars --check-chars',
    }),
  ],
  [
    'xxd',
    secondIsWritten({
      does: [],
      flags: '-a -b -E -e -i -p -r -u -ps -d',
      values: '-c -g -l -s -o -n',
      oneDash: true,
    }),
  ],
  ['date', date],
  ['getent', getent],
  ['ps', ps],
];
