import type { PersonView, SessionView } from '@countersign/core';
import { visible } from '@countersign/core';
import type { ReactNode } from 'react';
import { usePeople } from '../api/queries.ts';
import { ErrorLine, Notice } from '../shell/notice.tsx';
import { useSignedOutOn401 } from '../shell/shell.tsx';
import { Credential } from './credential.tsx';
import { InviteForm } from './invite-form.tsx';
import { PendingEnrolment } from './pending-enrolment.tsx';
import { ProposeKeyForm } from './propose-key-form.tsx';

type Me = NonNullable<SessionView['person']>;

/** Who may approve, with what, and who waits to be let in. */
export function PeoplePage({
  session,
  person,
}: {
  readonly session: SessionView;
  readonly person: Me;
}): ReactNode {
  const { data, error, isPending } = usePeople();
  useSignedOutOn401(error);
  return (
    <>
      <h1>People</h1>
      <ErrorLine error={error} />
      {isPending ? <p className="quiet">Loading …</p> : null}
      {session.single_operator ? (
        <Notice tone="info" title="This is a one-person set-up.">
          You may approve what your own agents ask; each such approval is marked as a self-approval. Invite a
          second person to have requests seen by someone else.
        </Notice>
      ) : null}
      {data === undefined ? null : (
        <div className="people">
          <div>
            {data.enrolments.length === 0 ? null : (
              <section aria-labelledby="waiting-title">
                <h2 id="waiting-title">Waiting for a signature</h2>
                <ul className="cards">
                  {data.enrolments.map((enrolment) => (
                    <PendingEnrolment
                      key={enrolment.id}
                      enrolment={enrolment}
                      authority={session.authority}
                      person={person.id}
                    />
                  ))}
                </ul>
              </section>
            )}
            <section aria-labelledby="approvers-title">
              <h2 id="approvers-title">Approvers</h2>
              <ul className="cards">
                {data.people.map((each) => (
                  <Person key={each.id} person={each} me={each.id === person.id} />
                ))}
              </ul>
            </section>
          </div>
          <div>
            <InviteForm groups={data.groups} />
            <ProposeKeyForm groups={data.groups} />
          </div>
        </div>
      )}
    </>
  );
}

function Person({ person, me }: { readonly person: PersonView; readonly me: boolean }): ReactNode {
  const usable = person.credentials.filter((each) => each.revoked_at === undefined);
  return (
    <li className="card">
      <div className="card-head">
        <strong>
          <bdi>{visible(person.email)}</bdi>
        </strong>
        {me ? <span className="quiet">you</span> : null}
      </div>
      <p className="quiet">
        {person.groups.length === 0
          ? 'in no group: cannot approve'
          : `in ${person.groups.map(visible).join(', ')}`}
      </p>
      <ul className="credentials">
        {person.credentials.map((credential) => (
          <Credential
            key={credential.id}
            credential={credential}
            owner={person.email}
            last={usable.length === 1 && credential.revoked_at === undefined}
          />
        ))}
      </ul>
      {person.credentials.length === 0 ? <p className="quiet">No passkey yet.</p> : null}
    </li>
  );
}
