import type {
  EnrolmentStatement,
  PendingEnrolmentView,
  PersonView,
  RequestSummary,
  RequestView,
  SessionView,
  VoteStatement,
} from '@countersign/core';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { call } from './client.ts';

export interface RequestPage {
  readonly requests: readonly RequestSummary[];
  readonly next?: string;
}

export interface PeopleView {
  readonly people: readonly PersonView[];
  readonly groups: readonly string[];
  readonly enrolments: readonly PendingEnrolmentView[];
}

/** A statement and the WebAuthn options whose challenge must commit to it. */
export interface ToSign<S> {
  readonly statement: S;
  readonly options: PublicKeyCredentialRequestOptionsJSON;
}

export interface EnrolmentBegun {
  readonly options: PublicKeyCredentialCreationOptionsJSON;
  readonly kind: 'first' | 'invitation';
  readonly email?: string;
}

/** What a person decided: the note is trimmed, and absent when empty. */
export interface Choice {
  readonly decision: 'approve' | 'deny';
  readonly note?: string;
}

interface Signed {
  readonly nonce: string;
  readonly response: AuthenticationResponseJSON;
}

const id = encodeURIComponent;

/** The console's HTTP API, one function per endpoint. */
export const api = {
  session: () => call<SessionView>('GET', '/session'),
  beginSignIn: () => call<{ options: PublicKeyCredentialRequestOptionsJSON }>('POST', '/sign-in/begin', {}),
  finishSignIn: (response: AuthenticationResponseJSON) =>
    call<SessionView>('POST', '/sign-in/finish', { response }),
  signOut: () => call<object>('POST', '/sign-out', {}),

  beginEnrolment: (body: { secret: string; email?: string }) =>
    call<EnrolmentBegun>('POST', '/enrolment/begin', body),
  finishEnrolment: (body: { secret: string; email?: string; response: RegistrationResponseJSON }) =>
    call<{ status: 'enrolled' | 'waiting' }>('POST', '/enrolment/finish', body),

  requests: (state: 'open' | 'closed', before?: string) =>
    call<RequestPage>(
      'GET',
      `/requests?state=${state}${before === undefined ? '' : `&before=${id(before)}`}`,
    ),
  request: (request: string) => call<RequestView>('GET', `/requests/${id(request)}`),
  beginVote: (request: string, choice: Choice) =>
    call<ToSign<VoteStatement>>('POST', `/requests/${id(request)}/vote/begin`, choice),
  finishVote: (request: string, signed: Signed) =>
    call<RequestView>('POST', `/requests/${id(request)}/vote/finish`, signed),
  revokeApproval: (approval: string) => call<RequestView>('POST', `/approvals/${id(approval)}/revoke`, {}),

  people: () => call<PeopleView>('GET', '/people'),
  invite: (body: { email: string; group: string }) =>
    call<{ url: string; expires_at: string }>('POST', '/invitations', body),
  proposeKey: (body: { email: string; group: string; public_key: string }) =>
    call<PendingEnrolmentView>('POST', '/keys', body),
  beginLettingIn: (enrolment: string) =>
    call<ToSign<EnrolmentStatement>>('POST', `/enrolments/${id(enrolment)}/begin`, {}),
  finishLettingIn: (enrolment: string, signed: Signed) =>
    call<object>('POST', `/enrolments/${id(enrolment)}/finish`, signed),
  discardEnrolment: (enrolment: string) => call<object>('POST', `/enrolments/${id(enrolment)}/discard`, {}),
  revokeCredential: (credential: string) => call<object>('POST', `/credentials/${id(credential)}/revoke`, {}),
};
