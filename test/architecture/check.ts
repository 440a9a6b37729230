import { posix } from 'node:path';
import { IMPORT_RULES, MAX_LINES, TEXT_RULES, VAGUE_NAME } from './rules.ts';

/** Source files by their path below `packages/`. */
export type Sources = ReadonlyMap<string, string>;

/** Every broken rule, as `<file>: <what> (<why>)`. */
export function violations(sources: Sources): string[] {
  return [...[...sources].flatMap(([file, text]) => ofFile(file, text)), ...cycles(sources)];
}

/** What a file imports: paths below `packages/` for its neighbours, names for all else. */
export function importsOf(file: string, text: string): string[] {
  const found = withoutComments(text).matchAll(IMPORT);
  return [...found].map(([, named, bare, dynamic]) => {
    const target = named ?? bare ?? dynamic ?? '';
    return target.startsWith('.') ? posix.join(posix.dirname(file), target) : target;
  });
}

const IMPORT =
  /^\s*(?:import|export)\s[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]/gm;

/** Line comments only where they cannot be part of an address in a text. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function ofFile(file: string, text: string): string[] {
  const imports = importsOf(file, text);
  const code = withoutComments(text);
  const broken: string[] = [];
  for (const rule of IMPORT_RULES) {
    if (!rule.from.test(file) || rule.except?.test(file)) continue;
    for (const target of imports) {
      const allowed = rule.only === undefined || rule.only.some((each) => each.test(target));
      if (!allowed || rule.never?.some((each) => each.test(target)))
        broken.push(`${file}: imports \`${target}\` (${rule.why})`);
    }
  }
  for (const rule of TEXT_RULES) {
    const match = rule.from.test(file) && !rule.except?.test(file) ? rule.text.exec(code) : null;
    if (match !== null) broken.push(`${file}: has \`${match[0].trim()}\` (${rule.why})`);
  }
  const relative = imports.filter((target) => /^(?:core|client|server|console)\/|^\.\./.test(target));
  for (const target of relative) {
    if (!/\.(?:tsx?|css|svg)$/.test(target))
      broken.push(`${file}: imports \`${target}\` (relative imports carry their extension)`);
    if (target.split('/')[0] !== file.split('/')[0])
      broken.push(`${file}: imports \`${target}\` (packages meet by their names)`);
  }
  if (VAGUE_NAME.test(file)) broken.push(`${file}: says nothing by its name (name the thing that it is)`);
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) broken.push(`${file}: has ${lines} lines (split at ${MAX_LINES})`);
  return broken;
}

/** Imports that lead back to where they began, types included: a cycle of types is one of ideas. */
function cycles(sources: Sources): string[] {
  const graph = new Map(
    [...sources].map(([file, text]) => [file, importsOf(file, text).filter((target) => sources.has(target))]),
  );
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) {
      found.push(
        `${file}: imports itself by ${[...path.slice(path.indexOf(file)), file].join(' > ')} (no cycles)`,
      );
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}
