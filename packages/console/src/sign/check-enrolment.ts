import type { EnrolmentStatement, PendingEnrolmentView } from '@countersign/core';
import type { ToSign } from '../api/endpoints.ts';
import { challengeOf } from './check-vote.ts';

/** What was on the screen when the person decided to let a credential in. */
export interface ShownEnrolment {
  readonly enrolment: PendingEnrolmentView;
  readonly authority: string;
  readonly person: string;
}

const MEMBERS: Record<keyof EnrolmentStatement, true> = {
  type: true,
  version: true,
  authority: true,
  tenant: true,
  email: true,
  group: true,
  kind: true,
  public_key: true,
  signer: true,
  signer_credential: true,
  not_after: true,
  nonce: true,
};

/** The first member in which the statement differs from what was shown, or undefined; see `findVoteDifference`. */
export function findEnrolmentDifference(
  { statement, options }: ToSign<EnrolmentStatement>,
  { enrolment, authority, person }: ShownEnrolment,
): string | undefined {
  const expected: Partial<Record<keyof EnrolmentStatement, string | number>> = {
    type: 'enrolment',
    version: 1,
    authority,
    email: enrolment.email,
    group: enrolment.group,
    kind: enrolment.kind,
    public_key: enrolment.public_key,
    signer: person,
  };
  for (const [member, value] of Object.entries(expected)) {
    if (statement[member as keyof EnrolmentStatement] !== value) return member;
  }
  const unknown = Object.keys(statement).find((member) => !Object.hasOwn(MEMBERS, member));
  if (unknown !== undefined) return unknown;
  return challengeOf(statement) === options.challenge ? undefined : 'challenge';
}
