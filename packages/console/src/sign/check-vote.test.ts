import {
  textHash,
  canonicalHash,
  renderQuestion,
  voteStatement,
  type VoteStatement,
} from '@countersign/core';
import { describe, expect, it } from 'vitest';
import { facts, view } from '../../dev/fixtures.ts';
import type { ToSign } from '../api/endpoints.ts';
import { challengeOf, findVoteDifference, type Shown } from './check-vote.ts';

const { question } = view({
  id: 'arq_1',
  agent: 'a',
  owner: 'o@example.com',
  tool: 'fs/delete',
  arguments: { path: '/a' },
  facts: facts(['delete']),
  reason: 'r',
});

const shown: Shown = {
  question,
  text: renderQuestion(question),
  choice: { decision: 'approve', note: 'seen' },
  person: 'per_1',
  selfApproval: false,
};

const honest = voteStatement(question, {
  decision: 'approve',
  note: 'seen',
  approver: 'per_1',
  credential: 'crd_1',
  self_approved: false,
  not_after: '2026-11-24T13:00:00.000Z',
  nonce: 'AAAA',
});

/** A server that lies consistently: its challenge is that of the statement it sends. */
function signing(changes: object = {}): ToSign<VoteStatement> {
  const statement = { ...honest, ...changes } as VoteStatement;
  const challenge = challengeOf(statement);
  return { statement, options: { challenge } };
}

it('computes the challenge that WebAuthn signs', () => {
  expect(challengeOf(honest)).toBe(canonicalHash({ ...honest }));
});

describe('findVoteDifference', () => {
  it('finds none in an honest statement', () => {
    expect(findVoteDifference(signing(), shown)).toBeUndefined();
  });

  it.each([
    ['type', { type: 'enrolment' }],
    ['version', { version: 2 }],
    ['authority', { authority: 'elsewhere' }],
    ['request_id', { request_id: 'arq_2' }],
    ['binding_hash', { binding_hash: 'x' }],
    ['max_uses', { max_uses: 100 }],
    ['ttl_seconds', { ttl_seconds: 86_400 }],
    ['policy_version', { policy_version: 'x' }],
    ['delta_hash', { delta_hash: 'x' }],
    ['text_hash', { text_hash: 'x' }],
    ['decision', { decision: 'deny' }],
    ['note', { note: 'rubber-stamped' }],
    ['note', { note: undefined }],
    ['approver', { approver: 'per_2' }],
    ['self_approved', { self_approved: true }],
    ['challenge', { also: 'everything else' }],
  ])('names %s', (member, changes) => {
    // A member with the value undefined is an absent one, as after JSON.
    const lie = Object.fromEntries(
      Object.entries({ ...honest, ...changes }).filter(([, value]) => value !== undefined),
    );
    const challenge = challengeOf(lie as unknown as VoteStatement);
    expect(
      findVoteDifference({ statement: lie as unknown as VoteStatement, options: { challenge } }, shown),
    ).toBe(member);
  });

  it('names the challenge when it commits to something else', () => {
    const other = signing({ nonce: 'BBBB' }).options;
    expect(findVoteDifference({ statement: honest, options: other }, shown)).toBe('challenge');
  });

  it('names the text when what is displayed is not what is hashed', () => {
    expect(findVoteDifference(signing(), { ...shown, text: `${shown.text} ` })).toBe('text_hash');
  });

  it('names what is bound when the question was changed under its hash', () => {
    const bound = { ...question.bound, action: { name: 'tools/list' } };
    const changed = { ...question, bound };
    const statement = { ...honest, text_hash: textHash(changed) };
    expect(findVoteDifference({ ...signing(), statement }, { ...shown, question: changed })).toBe('bound');
  });
});
