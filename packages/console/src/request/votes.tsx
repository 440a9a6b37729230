import { visible, type RequestSummary, type VoteView } from '@countersign/core';
import type { ReactNode } from 'react';
import { Ago } from '../shell/time.tsx';

/** How far each group is, and who said what so far. */
export function Votes({
  groups,
  votes,
}: {
  readonly groups: RequestSummary['groups'];
  readonly votes: readonly VoteView[];
}): ReactNode {
  return (
    <section aria-labelledby="votes-title">
      <h2 id="votes-title">Votes</h2>
      <ul className="quorums">
        {groups.map(({ group, quorum, have }) => (
          <li key={group}>
            <span>
              <strong>{have}</strong> of {quorum} from <strong>{visible(group)}</strong>
            </span>
            <Pips have={have} quorum={quorum} />
          </li>
        ))}
      </ul>
      {votes.length === 0 ? (
        <p className="quiet">Nobody has voted yet.</p>
      ) : (
        <ol className="votes">
          {votes.map((vote) => (
            <li key={`${vote.person} ${vote.cast_at}`}>
              <span className={`verdict verdict-${vote.decision}`}>
                {vote.decision === 'approve' ? '✓ approved' : '✕ denied'}
              </span>{' '}
              <bdi>{visible(vote.email)}</bdi>{' '}
              <span className="quiet">
                with a {vote.assurance}, <Ago since={vote.cast_at} />
              </span>
              {vote.self_approved ? <span className="self-mark">self-approved</span> : null}
              {vote.note === undefined ? null : <p className="note">“{visible(vote.note)}”</p>}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

export function Pips({ have, quorum }: { readonly have: number; readonly quorum: number }): ReactNode {
  return (
    <span className="pips" aria-hidden="true">
      {Array.from({ length: quorum }, (_, place) => (
        <span key={place} className={place < have ? 'pip pip-full' : 'pip'} />
      ))}
    </span>
  );
}
