import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useClosedRequests } from '../api/queries.ts';
import { ErrorLine } from '../shell/notice.tsx';
import { useSignedOutOn401 } from '../shell/shell.tsx';
import { ClosedRow } from './request-row.tsx';
import { useRowKeys } from './row-keys.ts';

export function HistoryPage(): ReactNode {
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = useClosedRequests();
  useSignedOutOn401(error);
  useRowKeys();
  const requests = data?.pages.flatMap((page) => page.requests) ?? [];
  return (
    <>
      <h1>History</h1>
      <ErrorLine error={error} />
      {isPending ? <p className="quiet">Loading …</p> : null}
      {data !== undefined && requests.length === 0 ? (
        <div className="empty">
          <h2>Nothing was decided yet</h2>
          <p>
            Every request ends here: approved, denied, expired or withdrawn, with what came of it and who
            decided.
          </p>
        </div>
      ) : (
        <ul className="rows" aria-label="Closed requests">
          {requests.map((request) => (
            <ClosedRow key={request.id} request={request} />
          ))}
        </ul>
      )}
      {hasNextPage ? (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show older
        </Button>
      ) : null}
    </>
  );
}
