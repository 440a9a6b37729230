import { base64 } from '../encoding.ts';
import type { Checkpoint, CheckpointFailure, TrustedLog } from './checkpoint.ts';
import { openCheckpoint } from './checkpoint.ts';
import { LogError } from './error.ts';
import type { ProofFailure } from './inclusion.ts';
import { verifyInclusion } from './inclusion.ts';
import { HASH_BYTES, leafHash } from './merkle.ts';
import { MAX_NOTE_BYTES } from './note.ts';
import { isCount } from './subtree.ts';

/** A receipt that can be checked offline (c2sp.org/tlog-proof); `extra` is authenticated by nothing. */
export interface LogProof {
  readonly extra?: Uint8Array;
  readonly index: number;
  /** From the leaf's sibling up, 32 bytes each. */
  readonly hashes: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
}

/** `malformed` and the two after it are the Merkle proof's, the rest the checkpoint's. */
export type LogProofFailure = 'malformed_proof' | CheckpointFailure | ProofFailure;

/** What became of checking a receipt. */
export type LogProofResult =
  | { readonly ok: true; readonly index: number; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly reason: LogProofFailure };

const HEADER = 'c2sp.org/tlog-proof@v1';
/** No tree of up to 2^53-1 entries has a longer inclusion proof. */
const MAX_HASHES = 53;

/** The text of a `.tlog-proof` file; throws `LogError` `malformed_proof`. */
export function formatProof({ extra, index, hashes, checkpoint }: LogProof): string {
  const lines = [HEADER];
  if (extra !== undefined) lines.push(`extra ${base64.encode(extra)}`);
  lines.push(`index ${index}`, ...hashes.map((hash) => base64.encode(hash)));
  const text = `${lines.join('\n')}\n\n${checkpoint}`;
  parseProof(text);
  return text;
}

/** The proof of its text, attacker-controlled; throws `LogError` `malformed_proof`. The checkpoint is not looked at. */
export function parseProof(text: string): LogProof {
  if (text.length > 2 * MAX_NOTE_BYTES) throw malformed('proof is too long');
  const end = text.indexOf('\n\n');
  if (end < 0) throw malformed('proof has no checkpoint');
  const [header, ...lines] = text.slice(0, end).split('\n');
  if (header !== HEADER) throw malformed(`proof does not start with ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') ? decode(lines.shift()!.slice('extra '.length)) : undefined;
  // Without data the line is left out, so that a proof has one spelling.
  if (extra?.length === 0) throw malformed('extra data is empty');
  const index = parseIndex(lines.shift());
  if (lines.length > MAX_HASHES) throw malformed('proof has too many hashes');
  const proof: LogProof = { index, hashes: lines.map(parseHash), checkpoint: text.slice(end + 2) };
  return extra === undefined ? proof : { ...proof, extra };
}

/**
 * Whether `text` proves that the trusted log holds `entry` (c2sp.org/tlog-proof "Verifying"). Cosignatures of witnesses
 * are ignored, as those of any unknown key. Attacker-controlled, never throws.
 */
export function verifyProof(text: string, entry: Uint8Array, log: TrustedLog): LogProofResult {
  let proof: LogProof;
  try {
    proof = parseProof(text);
  } catch {
    return { ok: false, reason: 'malformed_proof' };
  }
  const opened = openCheckpoint(proof.checkpoint, log);
  if (!opened.ok) return opened;
  const { checkpoint } = opened;
  const { size, root } = checkpoint;
  const included = verifyInclusion({ leaf: leafHash(entry), index: proof.index, size, root }, proof.hashes);
  return included.ok ? { ok: true, index: proof.index, checkpoint } : included;
}

function parseIndex(line: string | undefined): number {
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(line ?? '') ?? [];
  if (digits === undefined || !isCount(Number(digits))) throw malformed('proof has no index line');
  return Number(digits);
}

function parseHash(line: string): Uint8Array {
  const hash = decode(line);
  if (hash.length !== HASH_BYTES) throw malformed('proof hash is not 32 bytes');
  return hash;
}

function decode(encoded: string): Uint8Array {
  try {
    return base64.decode(encoded);
  } catch (cause) {
    throw malformed('proof line is not base64', { cause });
  }
}

function malformed(message: string, options?: ErrorOptions): LogError {
  return new LogError('malformed_proof', message, options);
}
