import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { SessionView } from '@countersign/core';
import { api } from '../api/endpoints.ts';
import { keys } from '../api/queries.ts';
import { ErrorLine } from '../shell/notice.tsx';
import { Mark } from '../shell/shell.tsx';
import { Cancelled, signWithPasskey } from './passkey.ts';

/** Shown in place of any page while nobody is signed in; the address stays, so the page comes back. */
export function SignInPage({
  session,
  deep,
}: {
  readonly session: SessionView;
  readonly deep: boolean;
}): ReactNode {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [cancelled, setCancelled] = useState(false);
  const [error, setError] = useState<unknown>();

  async function signIn(): Promise<void> {
    setBusy(true);
    setCancelled(false);
    setError(undefined);
    try {
      const { options } = await api.beginSignIn();
      const response = await signWithPasskey(options);
      client.setQueryData(keys.session, await api.finishSignIn(response));
    } catch (thrown) {
      if (thrown instanceof Cancelled) setCancelled(true);
      else setError(thrown);
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className="alone">
      <Mark />
      {session.enrolled ? (
        <>
          <h1>Sign in to Countersign</h1>
          <p>
            {deep
              ? 'Sign in to see this page. Your passkey is all you need.'
              : 'An agent may be waiting for a decision. Your passkey is all you need.'}
          </p>
          <Button size="lg" fullWidth loading={busy} onClick={() => void signIn()}>
            Sign in with a passkey
          </Button>
          <p role="status" className="quiet">
            {cancelled ? 'The passkey prompt was closed. You can try again.' : ''}
          </p>
          <ErrorLine error={error} />
          <p className="quiet">No passkey yet? Ask an approver to invite you from the People page.</p>
        </>
      ) : (
        <>
          <h1>Nobody can approve yet</h1>
          <p>
            Open the one-time enrolment link that <code>countersign</code> printed in its terminal when it
            started. It makes you the first approver.
          </p>
          <p className="quiet">The link works for 10 minutes. Start Countersign again to get a new one.</p>
        </>
      )}
      <p className="authority">
        authority <code>{session.authority}</code>
      </p>
    </main>
  );
}
