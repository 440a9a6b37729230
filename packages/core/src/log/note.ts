import { assertWellFormed, base64, utf8Decode, utf8Encode } from '../encoding.ts';
import { LogError } from './error.ts';
import type { VerifierKey } from './verifier-key.ts';
import { isKeyName, verifySignature } from './verifier-key.ts';

/** Bounds on what a verifier reads; c2sp.org/signed-note asks for at least 16 signatures. */
export const MAX_NOTE_BYTES = 1_000_000;
export const MAX_NOTE_SIGNATURES = 100;

/** A signature line; `signature` excludes the four bytes of the key id. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  readonly signature: Uint8Array;
}

/** A note as parsed: attacker-controlled until `openNote` says otherwise. `text` ends with a newline. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Who signs a note; `sign` returns an Ed25519 signature, 64 bytes, over the UTF-8 of the text. */
export interface NoteSigner {
  readonly key: VerifierKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** A note that at least one known key has signed, and no known key has signed wrongly. */
export interface OpenedNote {
  readonly ok: true;
  readonly text: string;
  readonly signers: readonly VerifierKey[];
}

/** `wrong_signature`: by a known name and key id, yet not by that key. */
export type NoteFailure = 'malformed_note' | 'wrong_signature' | 'no_known_signature';

const DASH = '— ';
// eslint-disable-next-line no-control-regex -- the specification forbids them
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** The note of its bytes or text (c2sp.org/signed-note "Format"); throws `LogError` `malformed_note`. */
export function parseNote(input: string | Uint8Array): Note {
  const note = decodeNote(input);
  if (CONTROL.test(note)) throw malformed('note has a control character');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || split + 2 === note.length)
    throw malformed('note has no signatures');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_NOTE_SIGNATURES)
    throw malformed(`note has more than ${MAX_NOTE_SIGNATURES} signatures`);
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

/** The note of `text`, which must end with a newline, with a line for each signer; throws `LogError` `malformed_note`. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n')) throw malformed('note text does not end with a newline');
  const message = utf8Encode(text);
  const lines = signers.map(({ key, sign }) => signatureLine(key, sign(message)));
  const note = `${text}\n${lines.join('')}`;
  parseNote(note);
  return note;
}

/**
 * The text of a note if a key of `keys` signed it. Signatures by unknown keys are ignored; one wrong signature by a known
 * key refuses the note (c2sp.org/signed-note "Signatures"). Attacker-controlled, never throws.
 */
export function openNote(
  input: string | Uint8Array,
  keys: readonly VerifierKey[],
): OpenedNote | { readonly ok: false; readonly reason: NoteFailure } {
  let note: Note;
  try {
    note = parseNote(input);
  } catch {
    return { ok: false, reason: 'malformed_note' };
  }
  const message = utf8Encode(note.text);
  const signers = new Set<VerifierKey>();
  for (const { name, keyId, signature } of note.signatures) {
    const key = keys.find((known) => known.name === name && known.keyId === keyId);
    if (key === undefined) continue;
    if (!verifySignature(key, message, signature)) return { ok: false, reason: 'wrong_signature' };
    signers.add(key);
  }
  if (signers.size === 0) return { ok: false, reason: 'no_known_signature' };
  return { ok: true, text: note.text, signers: [...signers] };
}

function signatureLine(key: VerifierKey, signature: Uint8Array): string {
  const bytes = new Uint8Array(4 + signature.length);
  new DataView(bytes.buffer).setUint32(0, key.keyId);
  bytes.set(signature, 4);
  return `${DASH}${key.name} ${base64.encode(bytes)}\n`;
}

function parseSignature(line: string): NoteSignature {
  const [name = '', encoded = '', ...rest] = line.startsWith(DASH) ? line.slice(DASH.length).split(' ') : [];
  if (!isKeyName(name) || rest.length > 0) throw malformed('signature line is not a dash, a name and base64');
  let bytes: Uint8Array;
  try {
    bytes = base64.decode(encoded);
  } catch (cause) {
    throw malformed('signature is not base64', { cause });
  }
  if (bytes.length < 5) throw malformed('signature is shorter than a key id and a byte');
  const keyId = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return { name, keyId, signature: bytes.subarray(4) };
}

function decodeNote(input: string | Uint8Array): string {
  if (input.length > MAX_NOTE_BYTES) throw tooLong();
  try {
    if (typeof input !== 'string') return utf8Decode(input);
    assertWellFormed(input);
  } catch (cause) {
    throw malformed('note is not utf-8', { cause });
  }
  // A code unit takes at most three bytes, so most notes need no counting.
  if (input.length * 3 > MAX_NOTE_BYTES && utf8Encode(input).length > MAX_NOTE_BYTES) throw tooLong();
  return input;
}

function tooLong(): LogError {
  return malformed(`note is longer than ${MAX_NOTE_BYTES} bytes`);
}

function malformed(message: string, options?: ErrorOptions): LogError {
  return new LogError('malformed_note', message, options);
}
