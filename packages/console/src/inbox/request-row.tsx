import { quoted, visible, type RequestSummary } from '@countersign/core';
import type { ReactNode } from 'react';
import { EffectBadges } from '../request/effect-badges.tsx';
import { cameOfIt } from '../request/outcome.tsx';
import { headline } from '../request/risk.ts';
import { Pips } from '../request/votes.tsx';
import { Link } from '../router.tsx';
import { Ago, Countdown } from '../shell/time.tsx';

/** A line of the inbox: enough to choose which to open, not to decide. */
export function OpenRow({ request }: { readonly request: RequestSummary }): ReactNode {
  return (
    <li>
      <Link
        to={`/requests/${request.id}`}
        className={request.reviewed ? 'row' : 'row row-unreviewed'}
        data-row
      >
        <span className="row-top">
          <strong className="row-title">{headline(request)}</strong>
          <Countdown until={request.expires_at} rough />
        </span>
        <What request={request} />
        <span className="row-foot">
          <EffectBadges effects={request.effects} reviewed={request.reviewed} />
          <Quorum groups={request.groups} />
        </span>
      </Link>
    </li>
  );
}

const STATUS_MARKS = {
  pending: '…',
  approved: '✓',
  denied: '✕',
  expired: '◷',
  cancelled: '↶',
  failed: '!',
} as const;

/** A line of the history: how it ended comes first. */
export function ClosedRow({ request }: { readonly request: RequestSummary }): ReactNode {
  return (
    <li>
      <Link to={`/requests/${request.id}`} className="row" data-row>
        <span className="row-top">
          <strong className={`row-status status-${request.status}`}>
            <span aria-hidden="true">{STATUS_MARKS[request.status]} </span>
            {request.status}
            {request.self_approved ? <span className="self-mark">self-approved</span> : null}
          </strong>
          <span className="quiet">
            <Ago since={request.ended_at ?? request.created_at} />
          </span>
        </span>
        <What request={request} />
        <span className="row-foot quiet">
          {request.status === 'approved' ? (
            <span className={request.disposition === 'outcome-unknown' ? 'alarming' : undefined}>
              {request.disposition === undefined ? 'Not run yet.' : cameOfIt(request.disposition)}
            </span>
          ) : (
            <span>Was not run.</span>
          )}
          <Voters request={request} />
          <Quorum groups={request.groups} />
        </span>
      </Link>
    </li>
  );
}

function What({ request }: { readonly request: RequestSummary }): ReactNode {
  return (
    <span className="row-what">
      <code>{visible(request.action)}</code> on <code>{visible(request.resource)}</code>
      <span className="quiet">
        {' '}
        by <bdi>{quoted(request.agent.name)}</bdi> of <bdi>{visible(request.agent.owner)}</bdi>
      </span>
    </span>
  );
}

function Voters({ request }: { readonly request: RequestSummary }): ReactNode {
  return request.votes_by.map(({ email, decision }) => (
    <span key={email}>
      {decision === 'approve' ? 'approved by' : 'denied by'} <bdi>{visible(email)}</bdi>
    </span>
  ));
}

function Quorum({ groups }: { readonly groups: RequestSummary['groups'] }): ReactNode {
  return (
    <span className="row-quorum">
      {groups.map(({ group, quorum, have }) => (
        <span key={group}>
          {have} of {quorum} {visible(group)} <Pips have={have} quorum={quorum} />
        </span>
      ))}
    </span>
  );
}
