import type { PolicyMeaning } from './annotations.ts';
import { readAnnotations } from './annotations.ts';
import type { CedarPolicy } from './cedar.ts';
import { parsePolicy, splitPolicies } from './cedar.ts';
import type { Problem } from './policy-set-error.ts';
import { PolicySetError } from './policy-set-error.ts';
import { textOf, type SourceFile } from './source-file.ts';

/** A policy that passed every check of the load. */
export interface LoadedPolicy {
  readonly file: string;
  readonly text: string;
  readonly tree: CedarPolicy;
  readonly meaning: PolicyMeaning;
}

interface Located {
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Reads a whole set, sorted by id; throws `PolicySetError` with every problem of every file. INVARIANT: all files or
 * none, since a set that lacks one forbid is another policy. Design §3.
 */
export function readPolicySet(files: readonly SourceFile[]): readonly LoadedPolicy[] {
  const problems: Problem[] = [];
  const policies = new Map<string, LoadedPolicy>();
  for (const { text, file, line } of files.flatMap((each) => locatePolicies(each, problems))) {
    const tree = parsePolicy(text);
    const meaning = readAnnotations(tree.effect, tree.annotations ?? {});
    if ('refused' in meaning) {
      problems.push(...meaning.refused.map((reason) => ({ file, line, reason })));
      continue;
    }
    const other = policies.get(meaning.id);
    if (other !== undefined) {
      problems.push({ file, line, reason: `\`@id("${meaning.id}")\` is taken by a policy in ${other.file}` });
    }
    policies.set(meaning.id, { file, text, tree, meaning });
  }
  if (problems.length > 0) throw new PolicySetError(problems);
  return [...policies.values()].sort((a, b) => (a.meaning.id < b.meaning.id ? -1 : 1));
}

function locatePolicies(from: SourceFile, problems: Problem[]): Located[] {
  const { name: file, bytes } = from;
  const source = textOf(from);
  if (source === undefined) {
    problems.push({ file, reason: 'file is not utf-8' });
    return [];
  }
  const parts = splitPolicies(source);
  if (!('policies' in parts)) {
    problems.push(...parts.map(({ reason, offset }) => ({ file, line: lineAt(bytes, offset), reason })));
    return [];
  }
  for (const { line } of locate(source, file, parts.templates)) {
    problems.push({ file, line, reason: 'policy is a template: write its `?principal` or `?resource` out' });
  }
  return locate(source, file, parts.policies);
}

/** Cedar hands policies back verbatim but without positions; equal texts are told apart by searching onwards. */
function locate(source: string, file: string, texts: readonly string[]): Located[] {
  const ends = [...source.matchAll(/\n/g)].map(({ index }) => index);
  const searched = new Map<string, number>();
  return texts.map((text) => {
    const index = source.indexOf(text, searched.get(text) ?? 0);
    searched.set(text, index + 1);
    return { text, file, line: countBelow(ends, index) + 1 };
  });
}

/** How many of the sorted numbers are less than `limit`. */
function countBelow(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? limit) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lineAt(bytes: Uint8Array, offset: number): number {
  return bytes.subarray(0, offset).filter((byte) => byte === 0x0a).length + 1;
}
