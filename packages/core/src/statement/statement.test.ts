import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { base64url, hex, utf8Decode } from '../encoding.ts';
import { canonicalJson } from '../json/canonical.ts';
import type { JsonObject } from '../json/value.ts';
import { statementChallenge, statementMessage, verifyKeySignature, type Statement } from './statement.ts';

interface Vectors {
  seed_hex: string;
  public_key: string;
  statements: {
    name: string;
    statement: Statement;
    jcs: string;
    challenge: string;
    message_hex: string;
    signature: string;
  }[];
}
const { seed_hex, public_key, statements }: Vectors = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/statement/statements.json', import.meta.url), 'utf8'),
);
const nodeKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: public_key }, format: 'jwk' });
const [{ statement: vote, signature: voteSignature }] = statements as [Vectors['statements'][0]];

function verifiedByNode(statement: Statement, signature: string): boolean {
  return verify(null, statementMessage(statement), nodeKey, base64url.decode(signature));
}

function signed(message: Uint8Array): string {
  return base64url.encode(ed25519.sign(message, hex.decode(seed_hex)));
}

/** The same statement with one member otherwise, gone, or added. */
function mutations(statement: Statement): [string, Statement][] {
  const members = Object.entries(statement);
  const changed = members.flatMap(([member, value]): [string, object][] => [
    [`${member} changed`, { ...statement, [member]: typeof value === 'number' ? value + 1 : `${value}x` }],
    [`${member} null`, { ...statement, [member]: null }],
    [`${member} gone`, Object.fromEntries(members.filter(([each]) => each !== member))],
  ]);
  const all = [...changed, ['a member added', { ...statement, more: 1 }] as [string, object]];
  return all.map(([name, each]) => [name, each as Statement]);
}

describe.each(statements)('$name', ({ statement, jcs, challenge, message_hex, signature }) => {
  it('has the challenge and the message of the vector', () => {
    expect(canonicalJson(statement as unknown as JsonObject)).toBe(jcs);
    expect(base64url.encode(statementChallenge(statement))).toBe(challenge);
    expect(createHash('sha256').update(jcs).digest('base64url')).toBe(challenge);
    expect(hex.encode(statementMessage(statement))).toBe(message_hex);
    expect(utf8Decode(statementMessage(statement))).toBe(`countersign/${statement.type}/v1\n${jcs}`);
  });

  it('verifies here and by OpenSSL', () => {
    expect(verifyKeySignature(statement, signature, public_key)).toBe(true);
    expect(verifiedByNode(statement, signature)).toBe(true);
  });

  it('does not depend on the order of members', () => {
    const reversed = Object.fromEntries(Object.entries(statement).toReversed()) as unknown as Statement;
    expect(verifyKeySignature(reversed, signature, public_key)).toBe(true);
  });

  it.each(mutations(statement))('is another with %s', (_name, mutated) => {
    expect(base64url.encode(statementChallenge(mutated))).not.toBe(challenge);
    expect(verifyKeySignature(mutated, signature, public_key)).toBe(false);
    expect(verifiedByNode(mutated, signature)).toBe(false);
  });
});

describe('verifyKeySignature', () => {
  it('separates types and versions, and the message from the challenge', () => {
    const asEnrolment = { ...vote, type: 'enrolment' } as unknown as Statement;
    expect(verifyKeySignature(asEnrolment, voteSignature, public_key)).toBe(false);
    expect(verifyKeySignature(vote, signed(statementChallenge(vote)), public_key)).toBe(false);
  });

  it.each([
    ['version', { ...vote, version: 2 }],
    ['type', { ...vote, type: 'boundary' }],
    ['type that brings its own domain line', { ...vote, type: 'vote/v1\n{}' }],
  ])('refuses an unknown %s, however well it is signed', (_name, unknown) => {
    const statement = unknown as unknown as Statement;
    const signature = signed(statementMessage(statement));
    expect(verifiedByNode(statement, signature)).toBe(true);
    expect(verifyKeySignature(statement, signature, public_key)).toBe(false);
  });

  it.each([
    ['an empty signature', '', public_key],
    ['a signature in padded base64', `${voteSignature}==`, public_key],
    ['a longer signature', `${voteSignature}AAAA`, public_key],
    ['no base64 at all', '!', public_key],
    ['an empty key', voteSignature, ''],
    ['a shorter key', voteSignature, public_key.slice(4)],
    ['another key', voteSignature, base64url.encode(ed25519.getPublicKey(new Uint8Array(32)))],
  ])('refuses %s', (_name, signature, key) => {
    expect(verifyKeySignature(vote, signature, key)).toBe(false);
  });

  it('refuses keys of small order, with which one signature fits any message', () => {
    const identity = base64url.encode(Uint8Array.of(1, ...new Uint8Array(31)));
    const fitsAll = base64url.encode(Uint8Array.of(1, ...new Uint8Array(63)));
    expect(verifyKeySignature(vote, fitsAll, identity)).toBe(false);
  });

  it('refuses a signature whose scalar was raised by the group order', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const bytes = base64url.decode(voteSignature);
    let scalar = order;
    for (let i = 0; i < 32; i++) scalar += BigInt(bytes[32 + i]!) << BigInt(8 * i);
    for (let i = 0; i < 32; i++) bytes[32 + i] = Number((scalar >> BigInt(8 * i)) & 0xffn);
    expect(verifyKeySignature(vote, base64url.encode(bytes), public_key)).toBe(false);
  });
});
