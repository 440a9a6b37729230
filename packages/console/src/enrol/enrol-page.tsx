import { Button, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import type { SessionView } from '@countersign/core';
import { api } from '../api/endpoints.ts';
import { keys } from '../api/queries.ts';
import { navigate } from '../router.tsx';
import { ErrorLine } from '../shell/notice.tsx';
import { Mark } from '../shell/shell.tsx';
import { keyCode, registeredKey } from '../sign/key-code.ts';
import { Cancelled, createPasskey } from '../sign/passkey.ts';
import { enrolSecret, retakeSecret } from './enrol-secret.ts';

/** Where a one-time link lands: makes a passkey for the first approver, or for one who was invited. */
export function EnrolPage({ session }: { readonly session: SessionView }): ReactNode {
  const secret = useSecret();
  const [done, setDone] = useState<Done>();
  return (
    <main className="alone">
      <Mark />
      {done !== undefined ? (
        <Finished done={done} />
      ) : secret === undefined ? (
        <>
          <h1>Open the link again</h1>
          <p>
            This page forgets the link’s secret when it is reloaded. Open the whole link from where you got
            it.
          </p>
        </>
      ) : session.enrolled ? (
        <Invited secret={secret} onDone={setDone} />
      ) : (
        <First secret={secret} onDone={setDone} />
      )}
      <p className="authority">
        authority <code>{session.authority}</code>
      </p>
    </main>
  );
}

interface Done {
  readonly status: 'enrolled' | 'waiting';
  readonly code?: string;
}

interface StepProps {
  readonly secret: string;
  readonly onDone: (done: Done) => void;
}

function First({ secret, onDone }: StepProps): ReactNode {
  const [email, setEmail] = useState('');
  const { busy, error, cancelled, enrol } = useEnrolment(onDone);
  function submit(event: FormEvent): void {
    event.preventDefault();
    const typed = email.trim();
    void enrol(async () => ({
      secret,
      email: typed,
      options: (await api.beginEnrolment({ secret, email: typed })).options,
    }));
  }
  return (
    <>
      <h1>Become the first approver</h1>
      <p>When an agent wants to do more than it was allowed, you decide, with a passkey on this device.</p>
      <form onSubmit={submit}>
        <TextInput
          label="Your e-mail address"
          description="It names you in the record of every decision."
          type="email"
          autoComplete="email"
          size="md"
          required
          withAsterisk={false}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Button type="submit" size="lg" fullWidth loading={busy}>
          Create a passkey
        </Button>
      </form>
      <Outcome error={error} cancelled={cancelled} />
    </>
  );
}

function Invited({ secret, onDone }: StepProps): ReactNode {
  const { busy, error, cancelled, enrol } = useEnrolment(onDone);
  const begun = useQuery({
    queryKey: ['enrolment', secret],
    queryFn: () => api.beginEnrolment({ secret }),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    retry: false,
  });
  async function begin(): Promise<{ secret: string; options: NonNullable<typeof begun.data>['options'] }> {
    // A first try used its challenge up, whatever became of it.
    const used = error !== undefined || cancelled;
    const { options } = used || begun.data === undefined ? await api.beginEnrolment({ secret }) : begun.data;
    return { secret, options };
  }
  return (
    <>
      <h1>You were invited to approve</h1>
      {begun.data?.email === undefined ? null : (
        <p>
          You join as <strong>{begun.data.email}</strong>. A passkey on this device will be your signature.
        </p>
      )}
      <p className="quiet">Someone who approves already signs your passkey in before it counts.</p>
      {begun.error === null ? (
        <Button
          size="lg"
          fullWidth
          loading={busy}
          disabled={begun.isPending}
          onClick={() => void enrol(begin)}
        >
          Create a passkey
        </Button>
      ) : null}
      <Outcome error={begun.error ?? error} cancelled={cancelled} />
    </>
  );
}

function Outcome({ error, cancelled }: { readonly error: unknown; readonly cancelled: boolean }): ReactNode {
  return (
    <>
      <p role="status" className="quiet">
        {cancelled ? 'The passkey prompt was closed. You can try again.' : ''}
      </p>
      <ErrorLine error={error} />
    </>
  );
}

function Finished({ done }: { readonly done: Done }): ReactNode {
  const client = useQueryClient();
  async function proceed(): Promise<void> {
    await client.invalidateQueries({ queryKey: keys.session });
    navigate('/');
  }
  return (
    <>
      <h1>{done.status === 'enrolled' ? 'Your passkey is ready' : 'Waiting for a signature'}</h1>
      {done.status === 'enrolled' ? (
        <p role="status">From now on requests of agents come to your inbox.</p>
      ) : (
        <>
          <p role="status">
            Ask an approver to open the People page and sign you in. Then you can sign in here.
          </p>
          {done.code === undefined ? null : (
            <p>
              Tell them this key code, so that they know the key is yours:
              <strong className="key-code">{done.code}</strong>
            </p>
          )}
        </>
      )}
      <Button size="lg" fullWidth onClick={() => void proceed()}>
        {done.status === 'enrolled' ? 'Go to the inbox' : 'Go to sign-in'}
      </Button>
    </>
  );
}

interface Begun {
  readonly secret: string;
  readonly email?: string;
  readonly options: Parameters<typeof createPasskey>[0];
}

function useEnrolment(onDone: (done: Done) => void): {
  busy: boolean;
  error: unknown;
  cancelled: boolean;
  enrol: (begin: () => Promise<Begun>) => Promise<void>;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [cancelled, setCancelled] = useState(false);
  async function enrol(begin: () => Promise<Begun>): Promise<void> {
    setBusy(true);
    setError(undefined);
    setCancelled(false);
    try {
      const { options, ...named } = await begin();
      const response = await createPasskey(options);
      const { status } = await api.finishEnrolment({ ...named, response });
      const key = registeredKey(response);
      onDone({ status, ...(key === undefined ? {} : { code: keyCode(key) }) });
    } catch (thrown) {
      if (thrown instanceof Cancelled) setCancelled(true);
      else setError(thrown);
    } finally {
      setBusy(false);
    }
  }
  return { busy, error, cancelled, enrol };
}

function useSecret(): string | undefined {
  const [secret, setSecret] = useState(enrolSecret);
  useEffect(() => {
    function onHashChange(): void {
      retakeSecret();
      setSecret(enrolSecret());
    }
    window.addEventListener('hashchange', onHashChange);
    return () => window.removeEventListener('hashchange', onHashChange);
  }, []);
  return secret;
}
