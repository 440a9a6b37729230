import { Button } from '@mantine/core';
import { visible, type PersonView } from '@countersign/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api } from '../api/endpoints.ts';
import { keys } from '../api/queries.ts';
import { Dialog } from '../shell/dialog.tsx';
import { ErrorLine } from '../shell/notice.tsx';
import { moment } from '../shell/time.tsx';

export function Credential({
  credential,
  owner,
  last,
}: {
  readonly credential: PersonView['credentials'][number];
  readonly owner: string;
  /** Whether this is the only one its owner can still sign with. */
  readonly last: boolean;
}): ReactNode {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const revoked = credential.revoked_at;

  async function revoke(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await api.revokeCredential(credential.id);
      await client.invalidateQueries({ queryKey: keys.people });
      setAsking(false);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  }

  return (
    <li className={revoked === undefined ? undefined : 'revoked'}>
      <span>
        {credential.kind === 'passkey' ? 'Passkey' : 'Approver key'}{' '}
        <span className="quiet">
          {revoked === undefined ? `since ${moment(credential.created_at)}` : `revoked ${moment(revoked)}`}
        </span>
      </span>
      {revoked === undefined ? (
        <button
          type="button"
          className="plain-button"
          aria-label={`Revoke ${credential.kind} of ${owner}`}
          onClick={() => setAsking(true)}
        >
          Revoke
        </button>
      ) : null}
      {asking ? (
        <Dialog title={`Revoke this ${credential.kind}?`} onClose={() => setAsking(false)}>
          <p>
            <bdi>{visible(owner)}</bdi> can no longer sign with it, and its votes stop counting for what has
            not run yet. {last ? 'It is their only one: they need a new invitation afterwards.' : ''} This
            cannot be undone.
          </p>
          <ErrorLine error={error} />
          <div className="dialog-actions">
            <Button variant="default" onClick={() => setAsking(false)}>
              Back
            </Button>
            <Button color="red.9" loading={busy} onClick={() => void revoke()}>
              Revoke {credential.kind}
            </Button>
          </div>
        </Dialog>
      ) : null}
    </li>
  );
}
