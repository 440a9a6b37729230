import type { Effect } from '@countersign/core';
import { EFFECTS } from '@countersign/core';
import { excerpt } from '../../classification.ts';
import { effects, writesInto } from '../apply.ts';
import { parseOptions } from '../options.ts';
import {
  CLOUD_FLAGS,
  CLOUD_RUNS,
  CLOUD_VALUES,
  GRANT_OPTIONS,
  GROUPS,
  MORE,
  RELEASES,
  S3,
  SECRET_OPTIONS,
  VERBS,
  WRITES_LAST,
} from '../tables/cloud.ts';
import type { Call, Runner, Shell, Tool } from '../tool.ts';
import { after, type Arg } from '../words.ts';

const BEFORE: Tool = { does: [], stops: true, flags: CLOUD_FLAGS, values: CLOUD_VALUES };

/** `aws`, `gcloud` and `az`: what the names of service and operation say, and more where they say too little. */
export const cloud: Runner = (call, shell) => {
  const { findings } = shell;
  const before = parseOptions(BEFORE, call.args);
  const [doubt] = [...before.unlisted, ...before.unsure];
  if (doubt) findings.unknown(`option ${excerpt(doubt.text)}: ${call.line}`);
  effects(['network'], call, shell);

  const { words, rest } = commandOf(before.operands, call.name === 'aws' ? 2 : 6);
  const [service = '', operation] = words;
  options(rest, call, shell);
  if (call.name === 'aws' && service === 's3') {
    objects(operation, rest, call, shell);
    return;
  }
  if (
    service === 'configure' ||
    service === 'auth' ||
    service === 'login' ||
    service === 'account' ||
    service === 'config'
  ) {
    configuration(words, call, shell);
    return;
  }
  const name = words.join(' ');
  // AWS names the operation after the service. The other two go through groups of commands, and names may follow.
  const at = call.name === 'aws' ? 1 : words.findIndex((word) => verb(word) !== undefined);
  const found = verb(words[at]);
  if (found === undefined || (call.name !== 'aws' && !words.slice(0, at).every((word) => GROUPS.has(word)))) {
    findings.unknown(`${call.name} ${excerpt(name)}: ${call.line}`);
    return;
  }
  effects(found, call, shell);
  const last = rest.at(-1);
  if (
    call.name === 'aws' &&
    WRITES_LAST.test(operation ?? '') &&
    last !== undefined &&
    !last.prefix.startsWith('--')
  ) {
    effects(['update'], call, shell);
    shell.writeFile(last, call.line);
  }
  effects(inOrder(more(words.slice(0, at + 1).join(' '), found)), call, shell);
};

/** The words up to the first option or non-literal word. */
function commandOf(
  operands: readonly Arg[],
  most: number,
): { words: readonly string[]; rest: readonly Arg[] } {
  const words: string[] = [];
  let at = 0;
  for (; at < operands.length && words.length < most; at++) {
    const value = operands[at]?.value;
    if (value === undefined || !/^[a-z][a-z\d.-]*$/i.test(value)) break;
    if (!(words.length === 0 && RELEASES.has(value))) words.push(value);
  }
  return { words, rest: operands.slice(at) };
}

function verb(word: string | undefined): readonly Effect[] | undefined {
  return word === undefined ? undefined : VERBS.find(([pattern]) => pattern.test(word))?.[1];
}

/** A secret that is listed by name only is still taken for one; rights that are only read are not given. */
function more(name: string, does: readonly Effect[]): readonly Effect[] {
  const isRead = does.every((effect) => effect === 'read');
  const found = MORE.filter(([pattern]) => pattern.test(name)).flatMap(([, added]) => added);
  return isRead ? found.filter((effect) => effect === 'secret') : found;
}

function inOrder(found: readonly Effect[]): readonly Effect[] {
  return EFFECTS.filter((effect) => found.includes(effect));
}

/** Whether it is one of these options, or the start of one: their parsers let options be shortened. */
function isOne(names: readonly string[], text: string): boolean {
  const name = text.split('=', 1)[0] ?? '';
  return name.length > 3 && names.some((each) => each.startsWith(name));
}

function options(rest: readonly Arg[], call: Call, shell: Shell): void {
  const { findings } = shell;
  rest.forEach((arg) => {
    const text = arg.prefix;
    if (isOne(CLOUD_RUNS, text)) findings.unknown(`option ${excerpt(text)}: ${call.line}`);
    if (isOne(SECRET_OPTIONS, text)) findings.effect('secret', call.line);
    if (isOne(GRANT_OPTIONS, text)) findings.effect('grant', call.line);
    // For `az` the file after it is the value.
    const at = /^(?:--[\w-]+=)?@/.exec(text);
    if (at && call.name === 'az') {
      findings.effect('export', call.line);
      shell.readFile(after(arg, at[0].length), call.line);
    }
    const file = /(?:^|=)fileb?:\/\//.exec(text);
    if (file) {
      findings.effect('export', call.line);
      shell.readFile(after(arg, file.index + file[0].length), call.line);
    }
    shell.mention(arg, call.line);
    if (arg.becomes === 'free' && arg.patterns === undefined)
      findings.unknown(`what ${excerpt(arg.text)} is: ${call.line}`);
    else if (arg.value === undefined && arg.prefix === '') {
      // One word that may be an option: none but those above does more, and they must be written out.
      findings.unknown(`what ${excerpt(arg.text)} is: ${call.line}`);
    }
  });
}

/** `aws s3`: where the bytes come from and go to decides. */
function objects(operation: string | undefined, rest: readonly Arg[], call: Call, shell: Shell): void {
  const { findings } = shell;
  const does = operation !== undefined && Object.hasOwn(S3, operation) ? S3[operation] : undefined;
  if (does === undefined) {
    findings.unknown(call.line);
    return;
  }
  effects(does, call, shell);
  if (rest.some((arg) => isOne(['--delete'], arg.prefix))) findings.effect('delete', call.line);
  if (operation !== 'cp' && operation !== 'mv' && operation !== 'sync') return;

  // Options may stand between the two places, so every word that may be a place counts.
  effects(['read'], call, shell);
  const places = rest.filter((arg) => arg.value === undefined || !arg.value.startsWith('--'));
  const local = places.filter((arg) => !arg.prefix.startsWith('s3://'));
  const target = places[1];
  if (target?.prefix.startsWith('s3://') !== false || local.length > 1) {
    findings.effect('update', call.line);
    if (local.length > 0) findings.effect('export', call.line);
  }
  for (const arg of local) {
    if (arg.value === '-') findings.effect('export', call.line);
    else {
      shell.readFile(arg, call.line);
      if (target?.prefix.startsWith('s3://') !== true) {
        shell.writeFile(arg, call.line);
        for (const source of places) if (source !== arg) writesInto(arg, source, call, shell);
      }
    }
  }
  if (local.length > 0 && target?.prefix.startsWith('s3://') !== true)
    effects(['create', 'update'], call, shell);
}

function configuration(words: readonly string[], call: Call, shell: Shell): void {
  const last = words.slice(1).join(' ');
  if (/^(?:list|show|get-value|list-profiles|get)\b/.test(last)) {
    effects(/get|export/.test(last) ? ['read', 'secret'] : ['read'], call, shell);
  } else if (/print|export|get-access-token/.test(last)) effects(['read', 'secret'], call, shell);
  else effects(['update', 'grant', 'secret'], call, shell);
}
