import { readFileSync } from 'node:fs';
import { sha256OfText } from '#sha256';
import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../json/canonical.ts';
import { parseJson } from '../json/parse.ts';
import { checkJson, jsonEqual, type JsonObject, type JsonValue } from '../json/value.ts';
import { bindingHash, boundTuple, UNBOUND_CONTEXT, type BoundTuple } from './binding.ts';
import type { Evaluation } from './evaluation.ts';

interface Vectors {
  arap: { name: string; tuple: BoundTuple; binding_hash: string }[];
  questions: {
    name: string;
    question: Evaluation;
    facts: { authority: string; agent: string; delegation?: JsonValue };
    jcs: string;
    binding_hash: string;
  }[];
  refused: { numbers: string[]; tuple: BoundTuple; binding_hash: string };
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/binding/binding-hash.json', import.meta.url), 'utf8'),
);
const FACTS = { authority: 'cs.example', agent: 'agt_1' };

function ask(context?: JsonObject): Evaluation {
  return {
    subject: { type: 'identity', id: 'ana@example.com' },
    action: { name: 'tools/call' },
    resource: { type: 'tool', id: 'fs/write_file' },
    ...(context === undefined ? {} : { context }),
  };
}

function hashOf(context: JsonObject): string {
  return bindingHash(boundTuple(ask(context), FACTS));
}

function isStrict(value: JsonValue): boolean {
  try {
    checkJson(value);
    return true;
  } catch {
    return false;
  }
}

describe('bindingHash', () => {
  it.each(vectors.arap)('agrees with ARAP on $name', ({ tuple, binding_hash }) => {
    expect(bindingHash(tuple)).toBe(binding_hash);
  });

  it.each(vectors.questions)('agrees on: $name', ({ question, facts, jcs, binding_hash }) => {
    const bound = boundTuple(question, facts);
    expect(canonicalJson(bound as unknown as JsonObject)).toBe(jcs);
    expect(bindingHash(bound)).toBe(binding_hash);
  });

  it.each(vectors.refused.numbers)('refuses %s rather than hashing another number', (token) => {
    expect(() => hashOf({ arguments: { n: Number(token) } })).toThrow(
      expect.objectContaining({ code: 'unsafe_number' }),
    );
  });

  it('hashes what ARAP hashes, but for numbers that the strict profile refuses: RFC 8785 alone agrees on these', () => {
    const { tuple, binding_hash } = vectors.refused;
    expect(sha256OfText(canonicalize(tuple) ?? '')).toBe(binding_hash);
    expect(() => bindingHash(tuple)).toThrow(expect.objectContaining({ code: 'unsafe_number' }));
    const metrics = Object.entries((tuple.context as { metrics: JsonObject }).metrics);
    const exact = Object.fromEntries(metrics.filter(([, number]) => isStrict(number)));
    expect(Object.keys(exact)).toEqual(['small', 'rounded', 'trailing_zero']);
    const strict = { ...tuple, context: { metrics: exact } };
    expect(bindingHash(strict)).toBe(sha256OfText(canonicalize(strict) ?? ''));
  });

  it('leaves out what is not part of the tuple', () => {
    const bound = boundTuple(ask({}), FACTS);
    expect(bindingHash({ ...bound, more: 'of it' } as BoundTuple)).toBe(bindingHash(bound));
  });
});

describe('boundTuple', () => {
  const safe = (fc.jsonValue({ depthSize: 'small', stringUnit: 'binary' }) as fc.Arbitrary<JsonValue>).filter(
    isStrict,
  );
  const member = fc.oneof(
    fc.constantFrom('agent', 'authority', 'approval', 'session_id', 'business_justification', '__proto__'),
    fc.string(),
  );
  const context = fc
    .array(fc.tuple(member, safe), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries));

  it('keeps every member but the unbound ones, whatever it is called, and no caller sets the facts', () => {
    fc.assert(
      fc.property(context, (sent) => {
        const { context: bound } = boundTuple(ask(sent), FACTS);
        const kept = Object.entries(sent).filter(([key]) => !UNBOUND_CONTEXT.has(key));
        expect(new Map(Object.entries(bound))).toEqual(new Map([...kept, ...Object.entries(FACTS)]));
      }),
    );
  });

  it('is another for another agent or authority', () => {
    const hashes = [FACTS, { ...FACTS, agent: 'agt_2' }, { ...FACTS, authority: 'b' }].map((facts) =>
      bindingHash(boundTuple(ask({}), facts)),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  it('gives equal hashes exactly to equal contexts', () => {
    fc.assert(
      fc.property(safe, safe, (a, b) => {
        expect(hashOf({ arguments: a }) === hashOf({ arguments: b })).toBe(jsonEqual(a, b));
      }),
    );
  });

  it('lends the bound context no member of a prototype', () => {
    const sent = parseJson('{"__proto__":{"arguments":{"path":"/etc/passwd"},"delegation":"x"}}');
    const { context: bound } = boundTuple(ask(sent as JsonObject), FACTS);
    expect(bound['arguments']).toBeUndefined();
    expect(Object.getPrototypeOf(bound)).toBe(Object.prototype);
    expect(Object.hasOwn(bound, '__proto__')).toBe(true);
  });

  it('does not change the question', () => {
    const question = ask({ agent: 'agt_9', session_id: 's' });
    const asked = {
      ...question,
      subject: { ...question.subject, properties: { act: { sub: 'b' }, email: 'e' } },
    };
    const before = structuredClone(asked);
    expect(boundTuple(asked, FACTS).subject.properties).toEqual({ email: 'e' });
    expect(asked).toEqual(before);
  });
});
