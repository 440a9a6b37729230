import { randomBytes } from 'node:crypto';
import type { PendingEnrolmentView, PersonView, RequestView, SessionView } from '@countersign/core';
import { at, seed } from './fixtures.ts';

/** What a test or a designer may set; the real authority decides all of this itself. */
export interface FixtureState {
  requests: RequestView[];
  signedIn: boolean;
  enrolled: boolean;
  events: boolean;
  /** Changes a statement after its challenge was computed, or the challenge itself: what a console must refuse. */
  tamper?: (signing: { statement: Record<string, unknown>; options: Record<string, unknown> }) => void;
  people: PersonView[];
  enrolments: PendingEnrolmentView[];
  credential?: string;
}

export const ME: NonNullable<SessionView['person']> = {
  id: 'per_ana',
  email: 'ana@example.com',
  groups: ['approvers'],
};

export function freshState(): FixtureState {
  return {
    requests: seed(),
    signedIn: true,
    enrolled: true,
    events: true,
    people: [
      {
        ...ME,
        credentials: [
          { id: 'crd_1', kind: 'passkey', created_at: at(-8e9) },
          { id: 'crd_2', kind: 'key', created_at: at(-9e9), revoked_at: at(-1e9) },
        ],
      },
      {
        id: 'per_carl',
        email: 'carl@example.com',
        groups: ['approvers', 'security'],
        credentials: [{ id: 'crd_3', kind: 'passkey', created_at: at(-5e9) }],
      },
    ],
    enrolments: [
      {
        id: 'enr_1',
        email: 'dee@example.com',
        group: 'approvers',
        kind: 'passkey',
        public_key: randomBytes(77).toString('base64url'),
        created_at: at(-120_000),
        expires_at: at(480_000),
      },
    ],
  };
}
