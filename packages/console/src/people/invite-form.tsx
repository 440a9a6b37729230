import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '../api/endpoints.ts';
import { ErrorLine } from '../shell/notice.tsx';
import { Countdown } from '../shell/time.tsx';
import { CopyButton } from './copy-button.tsx';

interface Invitation {
  readonly email: string;
  readonly url: string;
  readonly expires_at: string;
}

/** Makes a one-time link; the server keeps only its hash, so it is shown here once. */
export function InviteForm({ groups }: { readonly groups: readonly string[] }): ReactNode {
  const [email, setEmail] = useState('');
  const [group, setGroup] = useState(groups[0] ?? '');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [invitation, setInvitation] = useState<Invitation>();

  async function invite(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      const typed = email.trim();
      setInvitation({ email: typed, ...(await api.invite({ email: typed, group })) });
      setEmail('');
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    void invite();
  }

  return (
    <section className="card" aria-labelledby="invite-title">
      <h2 id="invite-title">Invite an approver</h2>
      <form onSubmit={submit}>
        <TextInput
          label="E-mail address"
          type="email"
          required
          withAsterisk={false}
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <NativeSelect
          label="Group"
          data={[...groups]}
          value={group}
          onChange={(event) => setGroup(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy}>
          Make an invitation link
        </Button>
      </form>
      <ErrorLine error={error} />
      {invitation === undefined ? null : (
        <div className="invitation" role="status">
          <p>
            Send this link to <strong>{invitation.email}</strong>. It is shown only once and works once (
            <Countdown until={invitation.expires_at} />
            ).
          </p>
          <TextInput
            label="Invitation link"
            readOnly
            value={invitation.url}
            onFocus={(e) => e.currentTarget.select()}
          />
          <CopyButton text={invitation.url} />
        </div>
      )}
    </section>
  );
}
