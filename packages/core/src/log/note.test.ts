import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { base64, utf8Encode } from '../encoding.ts';
import type { NoteSigner } from './note.ts';
import { MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, openNote, parseNote, signNote } from './note.ts';
import { formatVerifierKey, parseVerifierKey, verifierKey } from './verifier-key.ts';

const vectors: { notes: { vkey: string; note: string }[] } = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/signed-note.json', import.meta.url), 'utf8'),
);

function signer(name: string, seed: number): NoteSigner {
  const secret = new Uint8Array(32).fill(seed);
  return {
    key: verifierKey(name, ed25519.getPublicKey(secret)),
    sign: (message) => ed25519.sign(message, secret),
  };
}

const alice = signer('example.com/alice', 1);
const bob = signer('example.com/bob', 2);
const TEXT = 'first line\n\nlast line, è\n';
const NOTE = signNote(TEXT, [alice, bob]);
const SIG = base64.encode(new Uint8Array(68));

describe('verifier keys', () => {
  it.each([
    ...vectors.notes.map(({ vkey }) => vkey),
    'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
  ])('reads %s', (vkey) => {
    expect(formatVerifierKey(parseVerifierKey(vkey))).toBe(vkey);
  });

  it.each([
    ['another key id', 'example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['another name', 'example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['uppercase hex', 'example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['another type', 'example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['a short key', 'example.com/foo+530d903a+AekyeRrm'],
    ['a space in the name', 'a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['no name', '+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['no base64', 'example.com/foo+530d903a+!'],
  ])('refuses %s', (_name, vkey) => {
    expect(() => parseVerifierKey(vkey)).toThrow(expect.objectContaining({ code: 'malformed_key' }));
  });
});

describe('openNote', () => {
  it.each(vectors.notes)('opens the note of $vkey', ({ vkey, note }) => {
    const key = parseVerifierKey(vkey);
    const opened = openNote(note, [alice.key, key]);
    expect(opened).toEqual({ ok: true, text: note.slice(0, note.indexOf('\n\n') + 1), signers: [key] });
    expect(openNote(utf8Encode(note), [key]).ok).toBe(true);
  });

  it('names every known key that signed, and keeps blank lines of the text', () => {
    expect(openNote(NOTE, [bob.key, alice.key])).toEqual({
      ok: true,
      text: TEXT,
      signers: [alice.key, bob.key],
    });
    expect(openNote(NOTE, [bob.key])).toEqual({ ok: true, text: TEXT, signers: [bob.key] });
  });

  it('ignores unknown keys that share a name or an id', () => {
    const sameName = signer('example.com/alice', 3);
    const sameId = { ...sameName.key, name: 'example.com/carol', keyId: alice.key.keyId };
    expect(openNote(NOTE, [sameName.key, sameId])).toEqual({ ok: false, reason: 'no_known_signature' });
    expect(openNote(NOTE, [sameName.key, bob.key]).ok).toBe(true);
  });

  it('refuses a note with one wrong signature by a known key', () => {
    const lines = NOTE.split('\n');
    const wrong = { ...bob, sign: () => new Uint8Array(64) };
    const mixed = signNote(TEXT, [alice, wrong]);
    expect(openNote(mixed, [alice.key, bob.key])).toEqual({ ok: false, reason: 'wrong_signature' });
    expect(openNote(mixed, [alice.key]).ok).toBe(true);
    expect(openNote(lines.with(0, 'First line').join('\n'), [bob.key])).toEqual({
      ok: false,
      reason: 'wrong_signature',
    });
  });

  it.each([
    ['no signature', TEXT],
    ['only a blank line', 'text\n\n'],
    ['no final newline', NOTE.slice(0, -1)],
    ['a carriage return', NOTE.replaceAll('\n', '\r\n')],
    ['a tab', `\t${NOTE}`],
    ['a hyphen for the dash', `text\n\n- example.com/a ${SIG}\n`],
    ['no name', `text\n\n—  ${SIG}\n`],
    ['a plus in the name', `text\n\n— a+b ${SIG}\n`],
    ['a no-break space in the name', `text\n\n— a\u00a0b ${SIG}\n`],
    ['a third word', `text\n\n— a ${SIG} b\n`],
    ['unpadded base64', `text\n\n— a ${SIG.slice(0, -1)}\n`],
    ['a key id alone', `text\n\n— a AAAAAA==\n`],
    ['too many signatures', `text\n\n${`— a ${SIG}\n`.repeat(MAX_NOTE_SIGNATURES + 1)}`],
    ['too many bytes', 'é'.repeat(500_000) + NOTE],
    ['a lone surrogate', `\ud800${NOTE}`],
  ])('refuses %s', (_name, note) => {
    expect(openNote(note, [alice.key])).toEqual({ ok: false, reason: 'malformed_note' });
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: 'malformed_note' }));
  });

  it.each(['x', '€', '😀'])('counts bytes, of notes of %j too', (unit) => {
    const tail = NOTE.slice(TEXT.length);
    const size = utf8Encode(unit).length;
    const fits = unit.repeat(Math.floor((MAX_NOTE_BYTES - utf8Encode(`\n${tail}`).length) / size));
    expect(parseNote(`${fits}\n${tail}`).text).toBe(`${fits}\n`);
    for (const long of [`${fits}${unit}\n${tail}`, utf8Encode(`${fits}${unit}\n${tail}`)])
      expect(() => parseNote(long)).toThrow('note is longer than 1000000 bytes');
  });

  it('refuses bytes that are not utf-8', () => {
    expect(openNote(Uint8Array.of(0xff, ...utf8Encode(NOTE)), [alice.key]).ok).toBe(false);
  });
});

describe('signNote', () => {
  it.each([
    ['a text without final newline', 'text', [alice]],
    ['no signer', 'text\n', []],
    ['a control character', 'te\u0000xt\n', [alice]],
  ])('refuses %s', (_name, text, signers) => {
    expect(() => signNote(text, signers)).toThrow(expect.objectContaining({ code: 'malformed_note' }));
  });
});
