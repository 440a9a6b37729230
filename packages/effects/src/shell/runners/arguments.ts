import { excerpt } from '../../classification.ts';
import { lists, type Parsed } from '../options.ts';
import type { Call, Shell, Tool } from '../tool.ts';
import type { Arg } from '../words.ts';

/** Says so when an option was not understood. */
export function doubts(parsed: Parsed, call: Call, shell: Shell): void {
  const [doubt] = [...parsed.unlisted, ...parsed.unsure];
  if (doubt) shell.findings.unknown(`option ${excerpt(doubt.text)}: ${call.line}`);
}

/** Whether one of these options was given. */
export function has(parsed: Parsed, names: string): boolean {
  return parsed.options.some(({ name }) => lists(names, name));
}

/** The values given to these options. */
export function valuesOf(parsed: Parsed, names: string): readonly Arg[] {
  return parsed.options.flatMap(({ name, value }) => (lists(names, name) && value ? [value] : []));
}

/** Says so when an option of a row's `runs` was given. */
export function refuses(tool: Tool, parsed: Parsed, call: Call, shell: Shell): void {
  const given = parsed.options.find(({ name }) => lists(tool.runs, name));
  if (given) shell.findings.unknown(`option ${excerpt(given.name)}: ${call.line}`);
}
