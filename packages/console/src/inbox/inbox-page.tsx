import type { ReactNode } from 'react';
import { useOpenRequests } from '../api/queries.ts';
import { Link } from '../router.tsx';
import { ErrorLine } from '../shell/notice.tsx';
import { useSignedOutOn401 } from '../shell/shell.tsx';
import { OpenRow } from './request-row.tsx';
import { useRowKeys } from './row-keys.ts';

export function InboxPage(): ReactNode {
  const { data, error, isPending } = useOpenRequests();
  useSignedOutOn401(error);
  useRowKeys();
  return (
    <>
      <h1>Inbox</h1>
      <ErrorLine error={error} />
      {isPending ? <p className="quiet">Loading …</p> : null}
      <p className="unseen" role="status">
        {data === undefined ? '' : waiting(data.requests.length)}
      </p>
      {data === undefined ? null : data.requests.length === 0 ? (
        <div className="empty">
          <h2>Nothing is waiting for you</h2>
          <p>
            When an agent wants to do more than its policy lets it do alone, the call stops and a request
            appears here by itself. You read it, approve or deny it with your passkey, and only then it runs,
            once.
          </p>
          <p className="quiet">
            Keep this tab open: its title shows how many are waiting. What was decided is in the{' '}
            <Link to="/history">history</Link>.
          </p>
        </div>
      ) : (
        <ul className="rows" aria-label="Waiting requests">
          {data.requests.map((request) => (
            <OpenRow key={request.id} request={request} />
          ))}
        </ul>
      )}
      {data?.next === undefined ? null : (
        <p className="quiet">More are waiting than fit here: decide these first.</p>
      )}
    </>
  );
}

function waiting(count: number): string {
  return count === 1 ? '1 request is waiting' : `${count} requests are waiting`;
}
