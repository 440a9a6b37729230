import { isName } from '../environment.ts';
import { parseOptions } from '../options.ts';
import type { Call, Runner, Shell, Tool } from '../tool.ts';
import type { Arg } from '../words.ts';
import { doubts, has, valuesOf } from './arguments.ts';

const READS: Runner = (call, shell) => {
  shell.findings.effect('read', call.line);
};

/** Binary operators of `test`, after which nothing is evaluated. */
const BINARY = new Set([
  '=',
  '==',
  '!=',
  '<',
  '>',
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-nt',
  '-ot',
  '-ef',
  '-a',
  '-o',
  ']',
  ')',
]);
const UNARY = /^-[abcdefghkLnNoprsStuwxzGO]$/;

/** `test -v 'a[$(rm x)]'` evaluates the subscript, so no word may become `-v` with a word after it. */
const test: Runner = (call, shell) => {
  READS(call, shell);
  call.args.forEach((arg, at) => {
    const next = call.args[at + 1];
    const before = call.args[at - 1]?.value;
    if (arg.value === '-v' || arg.value === '-R') {
      if (next?.value === undefined || !(isName(next.value) || next.value === ']'))
        shell.findings.unknown(call.line);
    } else if (arg.value !== undefined) return;
    else if (arg.becomes !== 'one' && canBeOperator(arg)) shell.findings.unknown(call.line);
    else if (next !== undefined && !BINARY.has(next.value ?? '')) {
      // After `-f` or `=` it is an operand, whatever it says.
      const isOperand = before !== undefined && (UNARY.test(before) || BINARY.has(before));
      if (!isOperand && canBeOperator(arg)) shell.findings.unknown(call.line);
    }
  });
};

function canBeOperator(arg: Arg): boolean {
  if (arg.prefix !== '' && arg.becomes !== 'free') return arg.prefix.startsWith('-');
  return arg.patterns === undefined || arg.patterns.some((each) => !/^(?:[^-*?[\s]\S*|\*)$/.test(each));
}

/** Names of variables: a subscript in one is evaluated. */
function names(words: readonly Arg[], call: Call, shell: Shell): void {
  for (const { value } of words) {
    if (value === undefined || !isName(value)) shell.findings.unknown(call.line);
    else shell.assign(value, false, call.line);
  }
}

const READ: Tool = {
  does: [],
  flags: '-r -s -e -E',
  values: '-d -i -n -N -p -t -u',
  addsValue: { read: '-a' },
};

const read: Runner = (call, shell) => {
  READS(call, shell);
  const parsed = parseOptions(READ, call.args);
  doubts(parsed, call, shell);
  names([...parsed.operands, ...valuesOf(parsed, '-a')], call, shell);
};

const MAPFILE: Tool = { does: [], flags: '-t', values: '-d -n -O -s -u', runs: '-C -c' };

const mapfile: Runner = (call, shell) => {
  READS(call, shell);
  const parsed = parseOptions(MAPFILE, call.args);
  doubts(parsed, call, shell);
  if (has(parsed, '-C -c')) shell.findings.unknown(call.line);
  if (parsed.options.some(({ name, value }) => name === '-O' && !/^\d+$/.test(value?.value ?? '')))
    shell.findings.unknown(call.line);
  names(parsed.operands, call, shell);
};

/** Only the first word of `printf` can be `-v`. */
const printf: Runner = (call, shell) => {
  READS(call, shell);
  const [first, second] = call.args;
  if (first?.value === '--') counts({ ...call, args: call.args.slice(1) }, shell);
  if (first === undefined || first.value === '--') return;
  if (first.value?.startsWith('-v'))
    names(
      [first.value === '-v' ? (second ?? first) : { ...first, value: first.value.slice(2) }],
      call,
      shell,
    );
  else if (
    first.value === undefined &&
    (first.prefix === '' || first.prefix.startsWith('-')) &&
    canBeOperator(first)
  ) {
    shell.findings.unknown(call.line);
  }
  counts(call, shell);
};

/** `%n` gives the variable that a word names a number. */
function counts(call: Call, shell: Shell): void {
  const [format, ...words] = call.args;
  const isLiteral = format?.value !== undefined && !/^(?:-v|--$)/.test(format.value);
  if (isLiteral && !/%[^%a-zA-Z]*n/.test(format.value)) return;
  for (const { value } of words) {
    if (value !== undefined && isName(value)) shell.assign(value, false, call.line);
    else if (isLiteral) shell.findings.unknown(call.line);
  }
}

const DECLARES: Tool = { does: [], flags: '-a -A -f -F -g -l -p -r -t -u -x -I', runs: '-i -n' };

/** `declare`, `export` and the like; `-i` evaluates what is assigned and `-n` makes another name for a variable. */
const declares: Runner = (call, shell) => {
  READS(call, shell);
  const isExport = call.name === 'export';
  const parsed = parseOptions(isExport ? { ...DECLARES, flags: '-f -n -p', runs: '' } : DECLARES, call.args);
  doubts(parsed, call, shell);
  if (!isExport && has(parsed, '-i -n')) shell.findings.unknown(call.line);
  const isExported = isExport || has(parsed, '-x');
  for (const arg of parsed.operands) {
    const name = /^([A-Za-z_]\w*)(?:(?:\[[\d@*]+\])?\+?=|$)/.exec(arg.prefix)?.[1];
    const isWhole = arg.prefix.includes('=') || (arg.value !== undefined && isName(arg.value));
    if (name === undefined || !isWhole || (arg.becomes === 'free' && arg.text === arg.value))
      shell.findings.unknown(call.line);
    else if (arg.prefix.includes('=')) {
      shell.assign(name, isExported, call.line);
      shell.mention(arg, call.line);
    } else if (isExported && !has(parsed, '-n -f')) shell.assign(name, true, call.line);
  }
  // Alone it prints every variable, and with `-p` those it names.
  if (has(parsed, '-p') || (parsed.operands.length === 0 && !has(parsed, '-f -F')))
    shell.findings.effect('secret', call.line);
};

const unset: Runner = (call, shell) => {
  READS(call, shell);
  const parsed = parseOptions({ does: [], flags: '-f -v' }, call.args);
  doubts(parsed, call, shell);
  if (has(parsed, '-f')) return;
  names(parsed.operands, call, shell);
};

const SET_NAMES =
  /^(?:pipefail|errexit|nounset|xtrace|noclobber|noglob|verbose|errtrace|functrace|emacs|vi|monitor|notify|ignoreeof)$/;

/** `set -a` exports what is assigned from then on and `set -k` takes assignments anywhere. */
const set: Runner = (call, shell) => {
  READS(call, shell);
  for (let at = 0; at < call.args.length; at++) {
    const arg = call.args[at];
    const value = arg?.value;
    if (value === '--' || value === '-') return;
    if (value === undefined) {
      if (arg?.becomes === 'free' || arg?.prefix === '' || /^[-+]/.test(arg?.prefix ?? ''))
        shell.findings.unknown(call.line);
      return;
    }
    if (!/^[-+]/.test(value)) return;
    if (!/^[-+][efhuvxCEmnbTo]+$/.test(value)) shell.findings.unknown(call.line);
    if (value.endsWith('o')) {
      const name = call.args[++at];
      if (name !== undefined && !SET_NAMES.test(name.value ?? '')) shell.findings.unknown(call.line);
    } else if (value.includes('o')) shell.findings.unknown(call.line);
  }
  // Alone it prints every variable.
  if (call.args.length === 0) shell.findings.effect('secret', call.line);
};

const SHOPT =
  /^(?:nullglob|failglob|globstar|nocaseglob|nocasematch|lastpipe|inherit_errexit|checkwinsize|cmdhist|histappend|xpg_echo|globasciiranges|assoc_expand_once)$/;

const shopt: Runner = (call, shell) => {
  READS(call, shell);
  const parsed = parseOptions({ does: [], flags: '-s -u -q -p' }, call.args);
  doubts(parsed, call, shell);
  if (has(parsed, '-s -u') && parsed.operands.some(({ value }) => !SHOPT.test(value ?? '')))
    shell.findings.unknown(call.line);
};

/** Harmless without words, otherwise it changes what later words mean. */
const onlyAlone: Runner = (call, shell) => {
  READS(call, shell);
  if (call.args.some(({ value }) => value !== '-p')) shell.findings.unknown(call.line);
};

const HISTORY: Tool = { does: [], flags: '-c', values: '-d' };

const history: Runner = (call, shell) => {
  READS(call, shell);
  const parsed = parseOptions(HISTORY, call.args);
  doubts(parsed, call, shell);
  if (has(parsed, '-c -d')) shell.findings.effect('delete', call.line);
};

const hash: Runner = (call, shell) => {
  READS(call, shell);
  const parsed = parseOptions({ does: [], flags: '-r -l -t -d' }, call.args);
  doubts(parsed, call, shell);
};

const letBuiltin: Runner = (call, shell) => {
  READS(call, shell);
  // `let` evaluates each word; only plain counting is followed.
  for (const { value } of call.args) {
    const name = /^([a-z_]\w*)(?:\+\+|--|[-+*]?=\d{1,15})$/.exec(value ?? '')?.[1];
    if (name === undefined || !/=/.test(value ?? '')) shell.findings.unknown(call.line);
    else shell.assign(name, false, call.line);
  }
};

const getopts: Runner = (call, shell) => {
  READS(call, shell);
  names(call.args.slice(1, 2), call, shell);
};

const directory: Runner = (call, shell) => {
  READS(call, shell);
  for (const arg of call.args) if (!arg.prefix.startsWith('-')) shell.mention(arg, call.line);
};

const wait: Runner = (call, shell) => {
  READS(call, shell);
  const parsed = parseOptions({ does: [], flags: '-n -f', values: '-p' }, call.args);
  doubts(parsed, call, shell);
  names(valuesOf(parsed, '-p'), call, shell);
};

/** Leaves the script, a loop or a function, with a number that bash does not evaluate. */
const leaves: Runner = READS;

const printenv: Runner = (call, shell) => {
  READS(call, shell);
  const plain = /^(?:HOME|PATH|USER|SHELL|LANG|PWD|TERM|TZ|HOSTNAME|NODE_ENV|CI)$/;
  if (call.args.length === 0 || call.args.some(({ value }) => !plain.test(value ?? '')))
    shell.findings.effect('secret', call.line);
};

export const BUILTIN_RUNNERS: readonly (readonly [string, Runner])[] = [
  ['test', test],
  ['[', test],
  ['read', read],
  ['mapfile', mapfile],
  ['readarray', mapfile],
  ['printf', printf],
  ['declare', declares],
  ['typeset', declares],
  ['local', declares],
  ['readonly', declares],
  ['export', declares],
  ['unset', unset],
  ['set', set],
  ['shopt', shopt],
  ['alias', onlyAlone],
  ['enable', onlyAlone],
  ['complete', onlyAlone],
  ['bind', onlyAlone],
  ['unalias', READS],
  ['history', history],
  ['hash', hash],
  ['let', letBuiltin],
  ['getopts', getopts],
  ['cd', directory],
  ['pushd', directory],
  ['popd', directory],
  ['wait', wait],
  ['exit', leaves],
  ['return', leaves],
  ['break', leaves],
  ['continue', leaves],
  ['shift', leaves],
  ['caller', READS],
  ['bg', READS],
  ['fg', READS],
  ['disown', READS],
  ['ulimit', READS],
  ['printenv', printenv],
];
