import { useEffect, type ReactNode } from 'react';
import type { SessionView } from '@countersign/core';
import { LiveUpdates } from './api/live.tsx';
import { useSession } from './api/queries.ts';
import { EnrolPage } from './enrol/enrol-page.tsx';
import { enrolSecret } from './enrol/enrol-secret.ts';
import { HistoryPage } from './inbox/history-page.tsx';
import { InboxPage } from './inbox/inbox-page.tsx';
import { PeoplePage } from './people/people-page.tsx';
import { RequestPage } from './request/request-page.tsx';
import { Link, useRoute, type Route } from './router.tsx';
import { Shell } from './shell/shell.tsx';
import { ErrorLine } from './shell/notice.tsx';
import { SignInPage } from './sign/sign-in-page.tsx';

/** Decides who sees what: the enrolment link, sign-in, or a page in the shell. The address never changes for it. */
export function App(): ReactNode {
  const route = useRoute();
  const session = useSession();
  const elsewhere = session.data === undefined ? undefined : properAddress(session.data.public_url);
  useEffect(() => {
    if (elsewhere !== undefined) location.replace(elsewhere);
  }, [elsewhere]);

  if (session.data === undefined) {
    return (
      <main className="alone" aria-busy={session.isPending}>
        <ErrorLine error={session.error} />
      </main>
    );
  }
  if (elsewhere !== undefined) return null;
  if (route.page === 'enrol') return <EnrolPage session={session.data} />;
  const { person } = session.data;
  if (person === undefined) return <SignInPage session={session.data} deep={route.page !== 'inbox'} />;
  return (
    <LiveUpdates>
      <Shell person={person}>
        <Page route={route} session={session.data} person={person} />
      </Shell>
    </LiveUpdates>
  );
}

function Page({
  route,
  session,
  person,
}: {
  readonly route: Route;
  readonly session: SessionView;
  readonly person: NonNullable<SessionView['person']>;
}): ReactNode {
  switch (route.page) {
    case 'inbox':
      return <InboxPage />;
    case 'history':
      return <HistoryPage />;
    case 'people':
      return <PeoplePage session={session} person={person} />;
    case 'request':
      return <RequestPage key={route.id} id={route.id} person={person} />;
    case 'enrol':
    case 'nowhere':
      return (
        <>
          <h1>There is no such page</h1>
          <p>
            <Link to="/">Go to the inbox</Link>
          </p>
        </>
      );
  }
}

/** Passkeys need a domain, so an address of digits moves to the public one, enrolment secret and all. Design §7. */
function properAddress(publicUrl: string): string | undefined {
  if (!/^(\d+\.){3}\d+$|^\[/.test(location.hostname) || !URL.canParse(publicUrl)) return undefined;
  const target = new URL(location.pathname, publicUrl);
  if (target.hostname === location.hostname) return undefined;
  const secret = enrolSecret();
  if (secret !== undefined) target.hash = secret;
  return target.href;
}
