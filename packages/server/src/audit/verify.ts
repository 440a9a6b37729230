import {
  appendLeaf,
  base64,
  EMPTY_RANGE,
  leafHash,
  openCheckpoint,
  rangeRoot,
  sameBytes,
  verifyConsistency,
  consistencyProof,
  type Checkpoint,
  type CompactRange,
  type HashReader,
  type TrustedLog,
} from '@countersign/core';
import { isAnswer, readEntry, type AuditEntry } from './entry.ts';
import type { StoredEntry } from './port.ts';
import { isStoredLevel } from './stored-hashes.ts';

/** What a whole-log check found; `ok` only when every stored byte agreed. */
export interface AuditReport {
  readonly ok: boolean;
  readonly size: number;
  /** Standard base64, as in the checkpoint. */
  readonly root: string;
  /** One line each; the first names the first bad entry. */
  readonly problems: readonly string[];
  /** What was not proven, for example that no newer log was cut off without a kept checkpoint. */
  readonly not_proven: readonly string[];
}

/** The log as stored, read in pieces, and what else was recorded that its leaves vouch for. */
export interface LogToVerify {
  readonly entries: (start: number, limit: number) => readonly StoredEntry[];
  readonly hashes: HashReader;
  /** The stored subtree hashes above the leaves, all of them. */
  readonly nodes: () => Iterable<{
    readonly level: number;
    readonly index: number;
    readonly hash: Uint8Array;
  }>;
  readonly checkpoint: string | undefined;
  readonly log: TrustedLog;
  /** What in the tables disagrees with this leaf, in one line, or undefined. */
  readonly crossCheck: (entry: AuditEntry) => Promise<string | undefined>;
}

const PAGE = 1000;
const MAX_PROBLEMS = 20;

/**
 * Checks the whole log from stored bytes: each leaf's hash, its canonical form, the stored subtrees, the
 * signed checkpoint, and the records that leaves hold digests of. Beyond the checkpoint there may be
 * answers alone, which are signed a moment after they are given (docs/design/0009-signed-beside.md). With
 * `kept`, a checkpoint from elsewhere, also that this log continues that one.
 */
export async function verifyLog(source: LogToVerify, kept?: string): Promise<AuditReport> {
  const problems: string[] = [];
  const nodes = new Map<string, Uint8Array>();
  const head = openHead(source, problems);
  let tree: CompactRange = EMPTY_RANGE;
  let signedRoot = rangeRoot(tree);
  for (let start = 0, page; (page = source.entries(start, PAGE)).length > 0; start += page.length) {
    for (const entry of page) {
      const expected = tree.size;
      if (entry.index !== expected) problems.push(`entry ${expected} is missing`);
      const hash = leafHash(entry.leaf);
      // Bytes that are not those logged are not read any further: they may say anything.
      const bad = sameBytes(hash, entry.hash)
        ? await checkEntry(source, entry, head !== undefined && expected >= head.size)
        : 'its bytes do not match its stored hash';
      if (bad !== undefined) problems.push(`entry ${entry.index}: ${bad}`);
      tree = appendLeaf(tree, hash, (level, index, subtree) => {
        if (isStoredLevel(level)) nodes.set(`${level}/${index}`, subtree);
      });
      if (tree.size === head?.size) signedRoot = rangeRoot(tree);
    }
    if (problems.length >= MAX_PROBLEMS) break;
  }
  if (problems.length < MAX_PROBLEMS) problems.push(...checkNodes(source, nodes));
  if (head !== undefined) problems.push(...checkHead(head, tree.size, signedRoot));
  const not_proven = [...notSigned(head, tree.size), ...checkKept(source, head, kept, problems)];
  return {
    ok: problems.length === 0,
    size: tree.size,
    root: base64.encode(rangeRoot(tree)),
    problems: problems.slice(0, MAX_PROBLEMS),
    not_proven,
  };
}

/** What is wrong with an entry whose bytes are those logged; `unsigned`: no checkpoint is over it. */
async function checkEntry(
  source: LogToVerify,
  { leaf }: StoredEntry,
  unsigned: boolean,
): Promise<string | undefined> {
  const entry = readEntry(leaf);
  if (typeof entry === 'string') return entry;
  if (unsigned && !isAnswer(entry.event)) return 'no checkpoint signs it, and it is no mere answer';
  try {
    return await source.crossCheck(entry);
  } catch {
    return 'what it vouches for cannot be read';
  }
}

function checkNodes(source: LogToVerify, computed: Map<string, Uint8Array>): string[] {
  const problems: string[] = [];
  for (const { level, index, hash } of source.nodes()) {
    const own = computed.get(`${level}/${index}`);
    if (own === undefined || !sameBytes(own, hash))
      problems.push(`stored subtree ${level}/${index} is not that of the entries`);
    computed.delete(`${level}/${index}`);
  }
  for (const missing of computed.keys()) problems.push(`stored subtree ${missing} is missing`);
  return problems;
}

function openHead(source: LogToVerify, problems: string[]): Checkpoint | undefined {
  if (source.checkpoint === undefined) {
    if (source.entries(0, 1).length > 0) problems.push('there are entries but no signed checkpoint');
    return undefined;
  }
  const opened = openCheckpoint(source.checkpoint, source.log);
  if (opened.ok) return opened.checkpoint;
  problems.push(`the stored checkpoint is refused: ${opened.reason}`);
  return undefined;
}

/** `root`: that of the stored entries which `head` should be over, where there are so many. */
function* checkHead(head: Checkpoint, size: number, root: Uint8Array): Iterable<string> {
  if (head.size > size) yield `entry ${size}: the checkpoint signs ${head.size} entries, ${size} are stored`;
  else if (!sameBytes(head.root, root))
    yield 'the checkpoint signs another root than that of the stored entries';
}

function* notSigned(head: Checkpoint | undefined, size: number): Iterable<string> {
  if (head !== undefined && head.size < size)
    yield `that the answers from entry ${head.size} on are as they were given: a server signs them within a second, after a crash when it starts again`;
}

function* checkKept(
  source: LogToVerify,
  head: Checkpoint | undefined,
  kept: string | undefined,
  problems: string[],
): Iterable<string> {
  if (kept === undefined) {
    yield 'that nothing was cut off or rewritten by whoever holds the log key: keep a checkpoint elsewhere and pass --checkpoint FILE';
    return;
  }
  const opened = openCheckpoint(kept, source.log);
  if (!opened.ok) {
    problems.push(`the kept checkpoint is refused: ${opened.reason}`);
    return;
  }
  if (head === undefined || problems.length > 0) return;
  const old = opened.checkpoint;
  if (old.size > head.size) {
    problems.push(
      `entry ${head.size}: the kept checkpoint has ${old.size} entries, the log only ${head.size}`,
    );
    return;
  }
  const proof = consistencyProof(old.size, head.size, source.hashes);
  const result = verifyConsistency(
    { oldSize: old.size, oldRoot: old.root, size: head.size, root: head.root },
    proof,
  );
  if (!result.ok) problems.push(`the log does not continue the kept checkpoint: ${result.reason}`);
}
