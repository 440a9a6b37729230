import type { EnrolmentStatement, PendingEnrolmentView } from '@countersign/core';
import { describe, expect, it } from 'vitest';
import type { ToSign } from '../api/endpoints.ts';
import { challengeOf } from './check-vote.ts';
import { findEnrolmentDifference } from './check-enrolment.ts';

const enrolment: PendingEnrolmentView = {
  id: 'enr_1',
  email: 'dee@example.com',
  group: 'approvers',
  kind: 'passkey',
  public_key: 'AAAA',
  created_at: '2026-11-24T12:00:00.000Z',
  expires_at: '2026-11-24T12:10:00.000Z',
};

const honest: EnrolmentStatement = {
  type: 'enrolment',
  version: 1,
  authority: 'here',
  tenant: 'default',
  email: 'dee@example.com',
  group: 'approvers',
  kind: 'passkey',
  public_key: 'AAAA',
  signer: 'per_1',
  signer_credential: 'crd_1',
  not_after: '2026-11-24T12:10:00.000Z',
  nonce: 'AAAA',
};

function signing(changes: object = {}): ToSign<EnrolmentStatement> {
  const statement = { ...honest, ...changes } as EnrolmentStatement;
  return {
    statement,
    options: { challenge: challengeOf(statement) },
  };
}

describe('findEnrolmentDifference', () => {
  const shown = { enrolment, authority: 'here', person: 'per_1' };

  it('finds none in an honest statement', () => {
    expect(findEnrolmentDifference(signing(), shown)).toBeUndefined();
  });

  it.each([
    ['type', { type: 'vote' }],
    ['version', { version: 2 }],
    ['authority', { authority: 'elsewhere' }],
    ['email', { email: 'eve@example.com' }],
    ['group', { group: 'security' }],
    ['kind', { kind: 'key' }],
    ['public_key', { public_key: 'BBBB' }],
    ['signer', { signer: 'per_2' }],
    ['also', { also: 'another key' }],
  ])('names %s', (member, changes) => {
    expect(findEnrolmentDifference(signing(changes), shown)).toBe(member);
  });

  it('names the challenge when it commits to something else', () => {
    const { options } = signing({ nonce: 'BBBB' });
    expect(findEnrolmentDifference({ statement: honest, options }, shown)).toBe('challenge');
  });
});
