import { base64 } from '../encoding.ts';
import { LogError } from './error.ts';
import { HASH_BYTES } from './merkle.ts';
import type { NoteFailure, NoteSigner } from './note.ts';
import { openNote, signNote } from './note.ts';
import { isCount } from './subtree.ts';
import type { VerifierKey } from './verifier-key.ts';

/** A tree head of one log (c2sp.org/tlog-checkpoint): `size` entries, `root` of 32 bytes. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Opaque lines, each not empty; logs should have none. */
  readonly extensions: readonly string[];
}

/** The log whose checkpoints are believed: its origin line, and the keys of that log. */
export interface TrustedLog {
  readonly origin: string;
  readonly keys: readonly VerifierKey[];
}

/** `wrong_origin`: signed by a known key, but for another log. */
export type CheckpointFailure = NoteFailure | 'malformed_checkpoint' | 'wrong_origin';

/** The note text of a checkpoint; throws `LogError` `malformed_checkpoint`. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const lines = [origin, String(size), base64.encode(root), ...extensions];
  // INVARIANT: no line can smuggle in another, as an origin with a size and root of its own would.
  if (lines.some((line) => line.includes('\n'))) throw malformed('checkpoint line has a line break');
  const text = lines.map((line) => `${line}\n`).join('');
  parseCheckpoint(text);
  return text;
}

/** The checkpoint of a note text, attacker-controlled unless its note is verified; throws `LogError` `malformed_checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('checkpoint does not end with a newline');
  const lines = text.slice(0, -1).split('\n');
  const [origin, size, root, ...extensions] = lines;
  if (origin === undefined || size === undefined || root === undefined || lines.includes('')) {
    throw malformed('checkpoint is not three or more lines, none empty');
  }
  return { origin, size: parseCount(size), root: parseRoot(root), extensions };
}

/**
 * The signed note of a checkpoint. INVARIANT: the caller never signs a checkpoint inconsistent with one it signed
 * before (c2sp.org/tlog-checkpoint "Signatures").
 */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/** The checkpoint of a signed note, if a key of the trusted log signed it; attacker-controlled, never throws. */
export function openCheckpoint(
  note: string | Uint8Array,
  log: TrustedLog,
):
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly reason: CheckpointFailure } {
  const opened = openNote(note, log.keys);
  if (!opened.ok) return opened;
  let checkpoint: Checkpoint;
  try {
    checkpoint = parseCheckpoint(opened.text);
  } catch {
    return { ok: false, reason: 'malformed_checkpoint' };
  }
  if (checkpoint.origin !== log.origin) return { ok: false, reason: 'wrong_origin' };
  return { ok: true, checkpoint };
}

function parseCount(line: string): number {
  if (!/^(?:0|[1-9]\d{0,15})$/.test(line) || !isCount(Number(line)))
    throw malformed('tree size is not a count');
  return Number(line);
}

function parseRoot(line: string): Uint8Array {
  let root: Uint8Array;
  try {
    root = base64.decode(line);
  } catch (cause) {
    throw malformed('root hash is not base64', { cause });
  }
  if (root.length !== HASH_BYTES) throw malformed('root hash is not 32 bytes');
  return root;
}

function malformed(message: string, options?: ErrorOptions): LogError {
  return new LogError('malformed_checkpoint', message, options);
}
