import { EFFECTS, type Effect } from '@countersign/core';
import { excerpt } from '../classification.ts';
import { hostOf, isLocalHost } from './hosts.ts';
import { lists, parseOptions, type Given, type Parsed } from './options.ts';
import type { Call, Row, Shell, Tool } from './tool.ts';
import { after, literal, type Arg } from './words.ts';

export function toolOf(row: Row): Tool {
  return isTool(row) ? row : { does: row, others: 'harmless' };
}

function isTool(row: Row): row is Tool {
  return !Array.isArray(row);
}

/** Classifies a call by its row alone. Returns what was parsed, for runners that look further. */
export function applyRow(row: Row, call: Call, shell: Shell): Parsed {
  const tool = toolOf(row);
  const { subs } = tool;
  if (subs === undefined) return applyTool(tool, call, shell);

  const before = parseOptions({ ...tool, stops: true }, call.args);
  applyOptions(tool, before, call, shell);
  const [sub, ...rest] = before.operands;
  if (sub === undefined) {
    const isHelp = before.options.some(({ name }) => /^--?(?:version|help|h|V)$/.test(name));
    const alone = tool.alone ?? (isHelp ? (['read'] as const) : undefined);
    if (alone === undefined) shell.findings.unknown(call.line);
    else effects(alone, call, shell);
    return before;
  }
  const found = sub.value !== undefined && Object.hasOwn(subs, sub.value) ? subs[sub.value] : undefined;
  if (found === undefined) {
    shell.findings.unknown(`${call.name} ${excerpt(sub.text)}: ${call.line}`);
    return before;
  }
  effects(tool.does, call, shell);
  return applyRow(found, { ...call, name: `${call.name} ${sub.value ?? ''}`, args: rest }, shell);
}

function applyTool(tool: Tool, call: Call, shell: Shell): Parsed {
  const parsed = parseOptions(tool, call.args);
  const { operands, options } = parsed;
  applyOptions(tool, parsed, call, shell);
  // An option that is not in the row may name another host.
  const isLocal =
    tool.operands === 'host' &&
    operands.length > 0 &&
    operands.every(isLocalOperand) &&
    parsed.unlisted.length === 0;
  const isInstead =
    tool.instead !== undefined && options.some(({ name }) => lists(tool.instead?.options, name));
  effects(isInstead ? (tool.instead?.does ?? []) : tool.does, call, shell, isLocal);
  if (operands.length > 0 && tool.withOperands && !isInstead) effects(tool.withOperands, call, shell);
  applyOperands(tool, operands, call, shell);
  if (tool.here && !isInstead) shell.writeFile(literal('.'), call.line);
  return parsed;
}

function applyOptions(tool: Tool, parsed: Parsed, call: Call, shell: Shell): void {
  const { findings } = shell;
  const isRisky = Boolean(tool.runs ?? tool.adds ?? tool.addsValue ?? tool.writes);
  if (parsed.unlisted.length > 0 && tool.others !== 'harmless') {
    findings.unknown(`option ${excerpt(parsed.unlisted[0]?.text ?? '')}: ${call.line}`);
  }
  if (parsed.unsure.length > 0 && (tool.others !== 'harmless' || isRisky)) {
    findings.unknown(`what ${excerpt(parsed.unsure[0]?.text ?? '')} is: ${call.line}`);
  } else if (parsed.unsure.length > 0 && tool.reads !== undefined) {
    findings.effect('secret', `may read a file that is not named here: ${call.line}`);
  }
  // Such an option may name a file: `--file=.env`, `-f.env`.
  if (tool.operands === 'read' || tool.operands === 'mentions') {
    for (const arg of parsed.unlisted) {
      shell.mention(arg, call.line);
      if (/^-[^-]/.test(arg.prefix))
        for (let at = 2; at < Math.min(arg.prefix.length, 6); at++) shell.mention(after(arg, at), call.line);
    }
  }
  for (const given of parsed.options) applyOption(tool, given, call, shell);
}

function applyOption(tool: Tool, { name, value }: Given, call: Call, shell: Shell): void {
  const { line } = call;
  if (lists(tool.runs, name)) shell.findings.unknown(`option ${excerpt(name)}: ${line}`);
  if (lists(tool.reads, name)) {
    effects(['read'], call, shell);
    if (value) shell.readFile(value, line);
  }
  if (lists(tool.writes, name)) {
    effects(['update'], call, shell);
    if (value) shell.writeFile(value, line);
  }
  for (const effect of EFFECTS) {
    if (lists(tool.adds?.[effect], name) || lists(tool.addsValue?.[effect], name))
      effects([effect], call, shell);
  }
}

/** `network` is outward unless its hosts are known to be this machine. */
export function effects(found: readonly Effect[], call: Call, shell: Shell, isLocal = false): void {
  for (const effect of found) shell.findings.effect(effect, call.line);
  if (found.includes('network') && !isLocal) shell.findings.outward(call.line);
}

function isLocalOperand(operand: Arg): boolean {
  return operand.value !== undefined && isLocalHost(operand.value);
}

function applyOperands(tool: Tool, operands: readonly Arg[], call: Call, shell: Shell): void {
  const { line } = call;
  switch (tool.operands) {
    case 'read':
      for (const each of operands) shell.readFile(each, line);
      break;
    case 'mentions':
      for (const each of operands) shell.mention(each, line);
      break;
    case 'write':
      for (const each of operands) shell.writeFile(each, line);
      break;
    case 'change':
      for (const each of operands) {
        shell.readFile(each, line);
        shell.writeFile(each, line);
      }
      break;
    case 'names':
      for (const each of operands) if (each.value !== undefined) shell.findings.touch('file', each.value);
      break;
    case 'copy':
    case 'move':
      copies(tool.operands, operands, call, shell);
      break;
    case 'host':
      for (const each of operands) {
        const host = hostOf(each.value ?? each.prefix);
        if (host !== undefined) shell.findings.touch('host', host);
        // What expands into a name goes to whoever answers for the name.
        if (each.value === undefined) shell.findings.effect('export', line).outward(line);
      }
      break;
    case 'text':
    case undefined:
      break;
  }
}

/** All but the last are read, and each may end up under its own name in the last. */
function copies(kind: 'copy' | 'move', operands: readonly Arg[], call: Call, shell: Shell): void {
  const target = operands.at(-1);
  // One alone is copied here.
  const sources = operands.length === 1 ? operands : operands.slice(0, -1);
  for (const each of sources) {
    shell.readFile(each, call.line);
    if (kind === 'move') shell.writeFile(each, call.line);
  }
  if (target === undefined) return;
  shell.writeFile(target, call.line);
  for (const each of sources) writesInto(target, each, call, shell);
}

/** In a directory a copy has the name of what is copied: `scp host:.bashrc .` */
export function writesInto(directory: Arg, source: Arg, call: Call, shell: Shell): void {
  const base = source.value?.split(/[/:]/).at(-1);
  if (base === undefined || base === '' || directory.value === undefined) return;
  const path = `${directory.value}/${base}`;
  shell.writeFile({ ...directory, value: undefined, prefix: path, patterns: [path] }, call.line);
}
