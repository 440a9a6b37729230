import { useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { ApprovalView, Disposition, RequestView } from '@countersign/core';
import { api } from '../api/endpoints.ts';
import { keys, useOpenRequests } from '../api/queries.ts';
import { Link } from '../router.tsx';
import { ErrorLine, Notice } from '../shell/notice.tsx';
import { Countdown, moment } from '../shell/time.tsx';

/** How a request ended, in place of the decision. */
export function Outcome({ view }: { readonly view: RequestView }): ReactNode {
  if (view.status === 'pending') return null;
  return (
    <section className="outcome" aria-label="Outcome" role="status">
      <Ended view={view} />
      {view.approval === undefined ? null : <Approval approval={view.approval} />}
      <NextRequest />
    </section>
  );
}

function Ended({ view }: { readonly view: RequestView }): ReactNode {
  const at = view.ended_at === undefined ? '' : ` ${moment(view.ended_at)}.`;
  switch (view.status) {
    case 'approved':
      return (
        <Notice tone="ok" title={view.self_approved ? 'Approved, by the agent’s own owner.' : 'Approved.'}>
          {at}
        </Notice>
      );
    case 'denied':
      return (
        <Notice tone="danger" title="Denied. It was not run.">
          {at} The same action is refused for ten minutes without asking again.
        </Notice>
      );
    case 'expired':
      return (
        <Notice tone="warn" title="Expired. Nobody decided in time; it was not run.">
          {at} The agent has to ask again.
        </Notice>
      );
    case 'cancelled':
      return (
        <Notice tone="info" title="Withdrawn by the caller. It was not run.">
          {at}
        </Notice>
      );
    case 'failed':
      return (
        <Notice tone="danger" title="Failed. It was not run.">
          {at} Whoever runs Countersign finds the cause in its log.
        </Notice>
      );
    case 'pending':
      return null;
  }
}

const CAME_OF_IT: Record<Disposition, string> = {
  'approved-executed': 'Ran to its end.',
  'denied-not-executed': 'Was not run.',
  'execution-error': 'Ran and ended in an error.',
  'outcome-unknown': 'Started, but nobody knows how it ended. Check the target before it is asked for again.',
};

/** What came of a claim, in a sentence; a claim without a report is still running. */
export function cameOfIt(disposition: Disposition | undefined): string {
  return disposition === undefined ? 'Running now.' : CAME_OF_IT[disposition];
}

function Approval({ approval }: { readonly approval: ApprovalView }): ReactNode {
  return (
    <div className="approval">
      <ApprovalState approval={approval} />
      {approval.claims.length === 0 ? null : (
        <ol className="claims" aria-label="What came of it">
          {approval.claims.map((claim) => (
            <li key={claim.id} className={claim.disposition === 'outcome-unknown' ? 'alarming' : undefined}>
              {cameOfIt(claim.disposition)}{' '}
              <span className="quiet">{moment(claim.reported_at ?? claim.claimed_at)}</span>
            </li>
          ))}
        </ol>
      )}
      {approval.state === 'active' ? <Revoke approval={approval} /> : null}
    </div>
  );
}

function ApprovalState({ approval }: { readonly approval: ApprovalView }): ReactNode {
  const used = `${approval.uses} of ${approval.max_uses} ${approval.max_uses === 1 ? 'use' : 'uses'} spent`;
  switch (approval.state) {
    case 'active':
      return (
        <p>
          The agent may run exactly this, <Countdown until={approval.approved_until} />. {used}.
        </p>
      );
    case 'consumed':
      return <p>The approval is used up: {used}.</p>;
    case 'expired':
      return (
        <p>
          The approval ended {moment(approval.approved_until)}: {used}.
        </p>
      );
    case 'revoked':
      return <p>The approval was revoked: {used}.</p>;
  }
}

function Revoke({ approval }: { readonly approval: ApprovalView }): ReactNode {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  async function revoke(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      const view = await api.revokeApproval(approval.id);
      client.setQueryData(keys.request(view.id), view);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <button type="button" className="plain-button" disabled={busy} onClick={() => void revoke()}>
        Revoke approval
      </button>
      <ErrorLine error={error} />
    </>
  );
}

function NextRequest(): ReactNode {
  const next = useOpenRequests().data?.requests[0];
  return next === undefined ? (
    <p className="quiet">Nothing else is waiting.</p>
  ) : (
    <p>
      <Link to={`/requests/${next.id}`}>Next waiting request</Link>
    </p>
  );
}
