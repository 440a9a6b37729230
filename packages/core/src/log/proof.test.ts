import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { base64, utf8Encode } from '../encoding.ts';
import type { Checkpoint } from './checkpoint.ts';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { inclusionProof } from './inclusion.ts';
import { leafHash } from './merkle.ts';
import { parseNote, signNote } from './note.ts';
import { rootFromLeaves } from './compact-range.ts';
import { formatProof, parseProof, verifyProof } from './proof.ts';
import { verifierKey } from './verifier-key.ts';

const vectors: { checkpoint: string } = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/signed-note.json', import.meta.url), 'utf8'),
);

const ORIGIN = 'example.com/log';
const secret = new Uint8Array(32).fill(7);
const key = verifierKey(ORIGIN, ed25519.getPublicKey(secret));
const signers = [{ key, sign: (message: Uint8Array) => ed25519.sign(message, secret) }];
const log = { origin: ORIGIN, keys: [key] };

const entries = ['a', 'b', 'c', 'd', 'e'].map(utf8Encode);
const leaves = entries.map(leafHash);
const head: Checkpoint = { origin: ORIGIN, size: 5, root: rootFromLeaves(leaves), extensions: [] };
const hashes = inclusionProof(2, 5, (level, i) =>
  rootFromLeaves(leaves.slice(i * 2 ** level, (i + 1) * 2 ** level)),
);
const proof = { index: 2, hashes, checkpoint: signCheckpoint(head, signers) };
const TEXT = formatProof(proof);
const ROOT = base64.encode(head.root);

describe('checkpoints', () => {
  it('reads the example of the specification', () => {
    const { text, signatures } = parseNote(vectors.checkpoint);
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint).toMatchObject({
      origin: 'example.com/behind-the-sofa',
      size: 20852163,
      extensions: [],
    });
    expect(signatures[0]?.name).toBe(checkpoint.origin);
    expect(formatCheckpoint(checkpoint)).toBe(text);
  });

  it.each([
    ['two lines', `${ORIGIN}\n5\n`],
    ['no final newline', `${ORIGIN}\n5\n${ROOT}`],
    ['no origin', `\n5\n${ROOT}\n`],
    ['an empty extension', `${ORIGIN}\n5\n${ROOT}\n\n`],
    ['a leading zero', `${ORIGIN}\n05\n${ROOT}\n`],
    ['a sign', `${ORIGIN}\n+5\n${ROOT}\n`],
    ['a size beyond 2^53-1', `${ORIGIN}\n9007199254740992\n${ROOT}\n`],
    ['a short root', `${ORIGIN}\n5\nAAAA\n`],
    ['an unpadded root', `${ORIGIN}\n5\n${ROOT.slice(0, -1)}\n`],
  ])('refuses %s', (_name, text) => {
    expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ code: 'malformed_checkpoint' }));
  });

  it('keeps extension lines, and opens for its own log only', () => {
    const note = signCheckpoint({ ...head, extensions: ['x'] }, signers);
    expect(openCheckpoint(note, log)).toEqual({ ok: true, checkpoint: { ...head, extensions: ['x'] } });
    expect(openCheckpoint(note, { ...log, origin: 'example.com/other' })).toEqual({
      ok: false,
      reason: 'wrong_origin',
    });
    expect(openCheckpoint(note, { ...log, keys: [] })).toEqual({ ok: false, reason: 'no_known_signature' });
    expect(openCheckpoint(signNote('hello\n', signers), log)).toEqual({
      ok: false,
      reason: 'malformed_checkpoint',
    });
  });

  it('is never written with a line break of its own', () => {
    const smuggled = { ...head, origin: `${ORIGIN}\n9\n${ROOT}`, extensions: ['a\nb'] };
    expect(() => formatCheckpoint(smuggled)).toThrow('checkpoint line has a line break');
    expect(() => formatCheckpoint({ ...head, extensions: ['a\nb'] })).toThrow(
      'checkpoint line has a line break',
    );
  });
});

describe('tlog proofs', () => {
  it('are read back and verify', () => {
    expect(parseProof(TEXT)).toEqual(proof);
    expect(verifyProof(TEXT, entries[2]!, log)).toEqual({ ok: true, index: 2, checkpoint: head });
  });

  it('carry extra data', () => {
    const extra = utf8Encode('extra');
    const text = formatProof({ ...proof, extra });
    expect(text.split('\n')[1]).toBe('extra ZXh0cmE=');
    expect(parseProof(text)).toEqual({ ...proof, extra });
    expect(verifyProof(text, entries[2]!, log).ok).toBe(true);
  });

  it('need no hash in a tree of one entry', () => {
    const one = signCheckpoint({ ...head, size: 1, root: leaves[0]! }, signers);
    const text = formatProof({ index: 0, hashes: [], checkpoint: one });
    expect(text).toBe(`c2sp.org/tlog-proof@v1\nindex 0\n\n${one}`);
    expect(verifyProof(text, entries[0]!, log).ok).toBe(true);
  });

  it.each([
    ['another entry', TEXT, 3, 'wrong_root'],
    ['another index', TEXT.replace('index 2', 'index 3'), 2, 'wrong_root'],
    ['an index beyond the tree', TEXT.replace('index 2', 'index 5'), 2, 'malformed'],
    ['a hash too few', formatProof({ ...proof, hashes: hashes.slice(1) }), 2, 'wrong_length'],
    ['another checkpoint', TEXT.replace('\n5\n', '\n6\n'), 2, 'wrong_signature'],
    ['another version', TEXT.replace('@v1', '@v2'), 2, 'malformed_proof'],
    ['no index', TEXT.replace('index 2\n', ''), 2, 'malformed_proof'],
    ['a leading zero', TEXT.replace('index 2', 'index 02'), 2, 'malformed_proof'],
    ['empty extra data', TEXT.replace('index', 'extra \nindex'), 2, 'malformed_proof'],
    ['extra data twice', TEXT.replace('index', 'extra AAAA\nextra AAAA\nindex'), 2, 'malformed_proof'],
    ['a short hash', TEXT.replace('index 2\n', 'index 2\nAAAA\n'), 2, 'malformed_proof'],
    ['carriage returns', TEXT.replaceAll('\n', '\r\n'), 2, 'malformed_proof'],
    ['no checkpoint', TEXT.slice(0, TEXT.indexOf('\n\n')), 2, 'malformed_proof'],
    ['an empty checkpoint', `${TEXT.slice(0, TEXT.indexOf('\n\n'))}\n\n`, 2, 'malformed_note'],
    ['nothing', '', 2, 'malformed_proof'],
  ])('are not believed with %s', (_name, text, entry, reason) => {
    expect(verifyProof(text, entries[entry]!, log)).toEqual({ ok: false, reason });
  });

  it('fail for any changed character', () => {
    for (let i = 0; i < TEXT.length; i++) {
      const other = TEXT[i] === 'A' ? 'B' : 'A';
      expect(verifyProof(TEXT.slice(0, i) + other + TEXT.slice(i + 1), entries[2]!, log).ok).toBe(false);
    }
  });
});
