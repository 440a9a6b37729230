import { useEffect, useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { SessionView } from '@countersign/core';
import { api } from '../api/endpoints.ts';
import { useLiveState } from '../api/live.tsx';
import { keys, useOpenRequests } from '../api/queries.ts';
import { Link, navigate, useRoute, type Route } from '../router.tsx';
import { ShortcutHelp, useShortcuts } from './shortcuts.tsx';

const PAGES = [
  { page: 'inbox', to: '/', name: 'Inbox' },
  { page: 'history', to: '/history', name: 'History' },
  { page: 'people', to: '/people', name: 'People' },
] as const;

/** Header, navigation and the frame of every page of a signed-in person. */
export function Shell({
  person,
  children,
}: {
  readonly person: NonNullable<SessionView['person']>;
  readonly children: ReactNode;
}): ReactNode {
  const route = useRoute();
  const waiting = useWaiting();
  const [help, setHelp] = useState(false);
  useShortcuts({ '?': () => setHelp(true), i: () => navigate('/') });
  useFocusOnMove(route);

  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="top">
        <div className="top-row">
          <Link to="/" className="brand" aria-label="Countersign, inbox">
            <Mark />
            <span className="brand-name">Countersign</span>
          </Link>
          <nav aria-label="Pages">
            {PAGES.map(({ page, to, name }) => (
              <Link
                key={page}
                to={to}
                {...(isCurrent(page, route) ? { 'aria-current': 'page' as const } : {})}
              >
                {name}
                {page === 'inbox' && waiting !== '' ? <span className="count">{waiting}</span> : null}
              </Link>
            ))}
          </nav>
          <Account email={person.email} onHelp={() => setHelp(true)} />
        </div>
        <NotLive />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {help ? <ShortcutHelp onClose={() => setHelp(false)} /> : null}
    </>
  );
}

export function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 17l5 5 11-12" />
    </svg>
  );
}

function Account({ email, onHelp }: { readonly email: string; readonly onHelp: () => void }): ReactNode {
  const client = useQueryClient();
  const [failed, setFailed] = useState(false);
  async function signOut(): Promise<void> {
    try {
      await api.signOut();
      client.clear();
      location.assign('/');
    } catch {
      setFailed(true);
    }
  }
  return (
    <details className="account">
      <summary aria-label={`Account of ${email}`}>
        <span className="initial" aria-hidden="true">
          {email.charAt(0).toUpperCase()}
        </span>
      </summary>
      <div className="account-menu">
        <p>{email}</p>
        <button type="button" onClick={onHelp}>
          Keyboard shortcuts
        </button>
        <button type="button" onClick={() => void signOut()}>
          Sign out
        </button>
        {failed ? (
          <p className="error-line">Still signed in: Countersign does not answer. Try again.</p>
        ) : null}
      </div>
    </details>
  );
}

function NotLive(): ReactNode {
  const broken = useLiveState() === 'broken';
  const client = useQueryClient();
  return (
    <div role="status" className={broken ? 'not-live' : 'unseen'}>
      {broken ? (
        <>
          <span>Not live: this page looks for news every 15 seconds only.</span>{' '}
          <button type="button" onClick={() => void client.invalidateQueries()}>
            Look now
          </button>
        </>
      ) : null}
    </div>
  );
}

/** The number of open requests as shown, also in the title of the tab, where an approver looks first. */
function useWaiting(): string {
  const { data } = useOpenRequests();
  const count = data?.requests.length ?? 0;
  const waiting = count === 0 ? '' : `${count}${data?.next === undefined ? '' : '+'}`;
  useEffect(() => {
    document.title = waiting === '' ? 'Countersign' : `(${waiting}) Countersign`;
  }, [waiting]);
  return waiting;
}

function isCurrent(page: Route['page'], route: Route): boolean {
  return page === route.page || (page === 'inbox' && route.page === 'request');
}

/** A new page starts at its beginning for screen readers too; the first page is left to the browser. */
function useFocusOnMove(route: Route): void {
  const place = route.page === 'request' ? route.id : route.page;
  const [first] = useState(place);
  const [moved, setMoved] = useState(false);
  if (!moved && place !== first) setMoved(true);
  useEffect(() => {
    if (place !== '' && moved) document.getElementById('main')?.focus({ preventScroll: true });
  }, [moved, place]);
}

export function useSignedOutOn401(error: unknown): void {
  const client = useQueryClient();
  const signedOut = error instanceof Error && 'status' in error && error.status === 401;
  useEffect(() => {
    if (signedOut) void client.invalidateQueries({ queryKey: keys.session });
  }, [signedOut, client]);
}
