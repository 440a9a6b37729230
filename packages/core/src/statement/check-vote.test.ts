import { describe, expect, it } from 'vitest';
import { question } from '../../../../test/vectors/question.ts';
import type { ConsentQuestion } from '../access-request/question.ts';
import { findVoteMismatch } from './check-vote.ts';
import { deltaHash, textHash, voteStatement, type VoteStatement, type VoteTerms } from './vote.ts';

const asked = question({ context: { arguments: { path: '/srv/a' } } });
const TERMS: VoteTerms = {
  decision: 'approve',
  approver: 'per_1',
  credential: 'crd_1',
  self_approved: false,
  not_after: '2026-11-25T12:00:00.000Z',
  nonce: 'AAAA',
};
const honest = voteStatement(asked, TERMS);

it('finds nothing in an honest vote, whatever its terms', () => {
  expect(findVoteMismatch(honest, asked)).toBeUndefined();
  const other = voteStatement(asked, { ...TERMS, decision: 'deny', note: 'no', self_approved: true });
  expect(findVoteMismatch(other, asked)).toBeUndefined();
  expect(other.note).toBe('no');
  expect(Object.hasOwn(honest, 'note')).toBe(false);
});

describe('a changed statement', () => {
  const changes: Partial<Record<keyof VoteStatement, unknown>> = {
    type: 'enrolment',
    version: 2,
    authority: 'evil.example',
    tenant: 'other',
    request_id: 'arq_2',
    binding_hash: textHash(asked),
    scope: 'pattern',
    max_uses: 2,
    ttl_seconds: 901,
    policy_version: 'p2',
    delta_hash: textHash(asked),
    text_hash: deltaHash(asked),
    text_version: 'countersign-text/0',
  };

  it.each(Object.entries(changes))('is told by its %s', (member, value) => {
    expect(findVoteMismatch({ ...honest, [member]: value }, asked)).toBe(member);
    expect(findVoteMismatch({ ...honest, [member]: undefined }, asked)).toBe(member);
  });

  it('can differ only in its terms beyond those', () => {
    const terms = new Set([...Object.keys(TERMS), 'note']);
    expect(
      Object.keys(honest).filter((member) => !terms.has(member) && !Object.hasOwn(changes, member)),
    ).toEqual([]);
  });
});

describe('a changed question', () => {
  const { bound, delta, obligations, agent } = asked;
  const changes: [string, Partial<ConsentQuestion> | object, string][] = [
    ['version', { version: 2 }, 'version'],
    ['version of its delta', { delta: { ...delta, version: 2 } }, 'version'],
    ['authority', { authority: 'evil.example' }, 'bound'],
    ['tenant', { tenant: 'other' }, 'tenant'],
    ['id', { id: 'arq_2' }, 'request_id'],
    ['time of creation', { created_at: '2026-11-24T12:00:00.001Z' }, 'text_hash'],
    ['expiry', { expires_at: '2026-11-24T13:00:00.001Z' }, 'text_hash'],
    ['agent shown', { agent: { ...agent, id: 'agt_2' } }, 'bound'],
    ['agent name', { agent: { ...agent, name: 'another' } }, 'text_hash'],
    ['owner', { agent: { ...agent, owner: 'bo@example.com' } }, 'text_hash'],
    ['reporter', { reported_by: 'self' }, 'text_hash'],
    ['arguments', { bound: { ...bound, context: { ...bound.context, arguments: {} } } }, 'bound'],
    ['binding hash', { binding_hash: 'x' }, 'bound'],
    ['facts', { delta: { ...delta, facts: { ...delta.facts, outward: true } } }, 'delta_hash'],
    [
      'boundary',
      { delta: { ...delta, boundary: { kind: 'policy', policy_version: 'p2' } } },
      'policy_version',
    ],
    ['policy version', { policy_version: 'p2' }, 'policy_version'],
    ['uses', { obligations: { ...obligations, max_uses: 2 } }, 'max_uses'],
    ['ttl', { obligations: { ...obligations, ttl_seconds: 901 } }, 'ttl_seconds'],
    ['quorum', { obligations: { ...obligations, groups: [{ group: 'approvers', quorum: 2 }] } }, 'text_hash'],
    ['assurance', { obligations: { ...obligations, assurance: 'key' } }, 'text_hash'],
    ['justification', { justification: 'please' }, 'text_hash'],
  ];

  it.each(changes)('is told by its %s', (_name, change, member) => {
    expect(findVoteMismatch(honest, { ...asked, ...change })).toBe(member);
  });
});

describe('a question that is bound to something else than it shows', () => {
  it.each([
    ['agent', { agent: 'agt_2' }],
    ['authority', { authority: 'evil.example' }],
  ])('is refused: %s', (_member, context) => {
    const lie = question({ context });
    expect(findVoteMismatch(voteStatement(lie, TERMS), lie)).toBe('bound');
  });
});
