import { Button } from '@mantine/core';
import { visible, type PendingEnrolmentView } from '@countersign/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { api } from '../api/endpoints.ts';
import { keys } from '../api/queries.ts';
import { ErrorLine } from '../shell/notice.tsx';
import { Countdown } from '../shell/time.tsx';
import { findEnrolmentDifference } from '../sign/check-enrolment.ts';
import { keyCode } from '../sign/key-code.ts';
import { useSigning } from '../sign/use-signing.ts';

/** A credential at the door: who, into which group, and which very key. */
export function PendingEnrolment({
  enrolment,
  authority,
  person,
}: {
  readonly enrolment: PendingEnrolmentView;
  readonly authority: string;
  readonly person: string;
}): ReactNode {
  const client = useQueryClient();
  const { state, busy, run } = useSigning();
  const [error, setError] = useState<unknown>();
  const code = useMemo(() => keyCode(enrolment.public_key), [enrolment.public_key]);

  async function letIn(): Promise<void> {
    await run({
      begin: () => api.beginLettingIn(enrolment.id),
      check: (toSign) => findEnrolmentDifference(toSign, { enrolment, authority, person }),
      finish: (signed) => api.finishLettingIn(enrolment.id, signed),
    });
    await client.invalidateQueries({ queryKey: keys.people });
  }
  async function discard(): Promise<void> {
    setError(undefined);
    try {
      await api.discardEnrolment(enrolment.id);
      await client.invalidateQueries({ queryKey: keys.people });
    } catch (thrown) {
      setError(thrown);
    }
  }

  return (
    <li className="card card-waiting">
      <div className="card-head">
        <strong>
          <bdi>{visible(enrolment.email)}</bdi>
        </strong>
        <Countdown until={enrolment.expires_at} />
      </div>
      <p>
        wants into <strong>{visible(enrolment.group)}</strong> with{' '}
        {enrolment.kind === 'passkey' ? 'a passkey' : 'an approver key'}
      </p>
      <p className="quiet">
        Ask them for their key code; sign only if it is <strong className="key-code">{code}</strong>
      </p>
      <details>
        <summary>Public key</summary>
        <code className="public-key">{visible(enrolment.public_key)}</code>
      </details>
      <p role="status" className="progress">
        {state.phase === 'cancelled' ? state.message : busy ? 'Confirm with your passkey.' : ''}
      </p>
      {state.phase === 'failed' ? (
        <p className="error-line" role="alert">
          {state.message}
        </p>
      ) : null}
      <ErrorLine error={error} />
      <div className="dialog-actions">
        <Button variant="default" disabled={busy} onClick={() => void discard()}>
          Discard
        </Button>
        <Button loading={busy} onClick={() => void letIn()}>
          Let in and sign
        </Button>
      </div>
    </li>
  );
}
