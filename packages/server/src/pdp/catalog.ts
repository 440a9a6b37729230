import type { ActionFacts, JsonObject, JsonValue, Precondition } from '@countersign/core';
import { EFFECTS } from '@countersign/core';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { z } from 'zod';
import { argumentClassifier, classifyTerms, type ArgumentClassifier } from './classify.ts';
import { POINTER, valueAt } from './json-pointer.ts';
import type { Problem } from './policy-set-error.ts';
import { PolicySetError } from './policy-set-error.ts';
import { textOf, type SourceFile } from './source-file.ts';

/** A reviewed tool. */
export interface CatalogTool {
  /** What it does whatever its arguments are. */
  readonly facts: ActionFacts;
  /** What reading its arguments adds. */
  readonly classify?: ArgumentClassifier;
  /** The `toolDefinitionDigest` that was reviewed; without one the review holds for whatever bears the name. */
  readonly definition?: string;
  /** What is to be read before people are asked about a call of it, and again before it runs. */
  readonly precondition?: (args: JsonValue | undefined) => Precondition | undefined;
}

/** Reviewed tools by `<upstream>/<tool>`. */
export type ToolCatalog = ReadonlyMap<string, CatalogTool>;

/** Which catalog entry describes an upstream's tools; without one they are all unreviewed. */
export interface CatalogUse {
  readonly name: string;
  readonly catalog?: string;
}

const CatalogFile = z.strictObject({
  tools: z.record(
    z.string().min(1).max(256),
    z.strictObject({
      effects: z.array(z.enum(EFFECTS)).min(1),
      labels: z.array(z.string().regex(/^[a-z0-9-]{1,64}$/)).default([]),
      outward: z.boolean(),
      definition: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/)
        .optional(),
      classify: classifyTerms.optional(),
      precondition: z
        .strictObject({
          tool: z.string().min(1),
          arguments: z.record(z.string(), z.string().regex(POINTER, 'must be a JSON pointer, like /path')),
          show: z.boolean().default(false),
        })
        .optional(),
    }),
  ),
});

type Tools = z.infer<typeof CatalogFile>['tools'];

/**
 * The catalog of every upstream from `<entry>.yaml` files; throws `PolicySetError` with every problem. An upstream
 * whose entry has no file has no reviewed tools: that is stricter than refusing to load and keeping the old set.
 */
export function readCatalog(
  files: readonly SourceFile[],
  upstreams: readonly CatalogUse[],
  domains: readonly string[] = [],
): ToolCatalog {
  const problems: Problem[] = [];
  const entries = new Map(files.map((file) => [file.name.replace(/\.yaml$/, ''), readTools(file, problems)]));
  if (problems.length > 0) throw new PolicySetError(problems);
  const catalog = new Map<string, CatalogTool>();
  for (const { name, catalog: entry } of upstreams) {
    const tools = entry === undefined ? undefined : entries.get(entry);
    for (const [tool, reviewed] of Object.entries(tools ?? {}))
      catalog.set(`${name}/${tool}`, catalogTool(reviewed, domains));
  }
  return catalog;
}

function catalogTool(
  { effects, labels, outward, definition, classify, precondition }: Tools[string],
  domains: readonly string[],
): CatalogTool {
  const facts: ActionFacts = {
    effects: EFFECTS.filter((effect) => effects.includes(effect)),
    labels: [...new Set(labels)].sort(),
    outward,
    reviewed: true,
  };
  return {
    facts,
    ...(definition === undefined ? {} : { definition }),
    ...(classify === undefined ? {} : { classify: argumentClassifier(classify, domains) }),
    ...(precondition === undefined ? {} : { precondition: preconditionOf(precondition) }),
  };
}

/** Undefined for a call without what is to be looked at. */
function preconditionOf({
  tool,
  arguments: places,
  show,
}: NonNullable<Tools[string]['precondition']>): NonNullable<CatalogTool['precondition']> {
  return (args) => {
    const found = Object.entries(places).map(([name, place]) => [name, valueAt(args, place)] as const);
    if (found.some(([, value]) => value === undefined)) return undefined;
    return { tool, arguments: Object.fromEntries(found) as JsonObject, show };
  };
}

/** INVARIANT: what is read to see how things stand changes nothing and tells nobody outside. */
function checkPreconditions(file: string, tools: Tools, problems: Problem[]): void {
  for (const [name, { precondition }] of Object.entries(tools)) {
    if (precondition === undefined) continue;
    const reader = Object.hasOwn(tools, precondition.tool) ? tools[precondition.tool] : undefined;
    if (reader?.effects.some((effect) => effect !== 'read') === false && !reader.outward) continue;
    const reason = `\`tools.${name}.precondition.tool\`: must be a tool of this file that reads and nothing else`;
    problems.push({ file, reason });
  }
}

function readTools(source: SourceFile, problems: Problem[]): Tools {
  const file = source.name;
  const text = textOf(source);
  if (text === undefined) {
    problems.push({ file, reason: 'file is not utf-8' });
    return {};
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: false });
  const broken = [...document.errors, ...document.warnings];
  // An alias would let a line far away lower a tool's effects; a review should read top to bottom.
  visit(document, {
    Alias: (_key, { range }) => {
      problems.push({
        file,
        line: lines.linePos(range?.[0] ?? 0).line,
        reason: 'alias: write the value out',
      });
    },
  });
  if (broken.length > 0) {
    problems.push(
      ...broken.map(({ pos, message }) => ({
        file,
        line: lines.linePos(pos[0]).line,
        reason: firstLine(message),
      })),
    );
    return {};
  }
  const parsed = CatalogFile.safeParse(document.toJS());
  if (parsed.success) {
    checkPreconditions(file, parsed.data.tools, problems);
    return parsed.data.tools;
  }
  for (const issue of parsed.error.issues) {
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
    const where = path.length > 0 ? `\`${path.join('.')}\`: ` : '';
    problems.push({ file, line: lineOf(document, path, lines), reason: where + firstLine(issue.message) });
  }
  return {};
}

/** The line of the last key on `path` that exists: a missing member is reported where it should have been. */
function lineOf(document: Document.Parsed, path: readonly PropertyKey[], lines: LineCounter): number {
  let node: unknown = document.contents;
  let line = 1;
  for (const step of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === step) : undefined;
    const item: unknown = isSeq(node) ? node.items[Number(step)] : undefined;
    const named: unknown = pair?.key ?? item;
    if (!isNode(named)) break;
    line = lines.linePos(named.range?.[0] ?? 0).line;
    node = pair?.value ?? item;
  }
  return line;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
