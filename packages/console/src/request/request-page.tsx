import { renderQuestion, type RequestView } from '@countersign/core';
import { useMemo, type ReactNode } from 'react';
import { useRequest } from '../api/queries.ts';
import { Link } from '../router.tsx';
import { ErrorLine } from '../shell/notice.tsx';
import { useSignedOutOn401 } from '../shell/shell.tsx';
import { Ago } from '../shell/time.tsx';
import { Decision } from './decision.tsx';
import { Details } from './details.tsx';
import { EffectBadges } from './effect-badges.tsx';
import { Facts } from './facts.tsx';
import { Outcome } from './outcome.tsx';
import { headline } from './risk.ts';
import { SignedText } from './signed-text.tsx';
import { Votes } from './votes.tsx';
import { AgentWords, Warnings } from './warnings.tsx';

/** The page that has ten seconds: what would run, why it stopped, and the two answers. */
export function RequestPage({
  id,
  person,
}: {
  readonly id: string;
  readonly person: { readonly id: string };
}): ReactNode {
  const { data, error, isPending } = useRequest(id);
  useSignedOutOn401(error);
  if (data === undefined) {
    return (
      <div aria-busy={isPending}>
        <BackToInbox />
        {isPending ? <p className="quiet">Loading the request …</p> : <ErrorLine error={error} />}
      </div>
    );
  }
  return <Loaded view={data} person={person.id} stale={error} />;
}

function Loaded({
  view,
  person,
  stale,
}: {
  readonly view: RequestView;
  readonly person: string;
  readonly stale: unknown;
}): ReactNode {
  const { question } = view;
  const { facts } = question.delta;
  const text = useMemo(() => renderQuestion(question), [question]);
  const pending = view.status === 'pending';
  return (
    <article className={pending ? 'request request-pending' : 'request'} aria-labelledby="request-title">
      <div className="request-head">
        <div className="request-line">
          <BackToInbox />
          <span className="request-when">
            asked <Ago since={question.created_at} />
          </span>
        </div>
        <h1 id="request-title">{headline(facts)}</h1>
        <EffectBadges {...facts} />
      </div>
      <div className="request-main">
        <Outcome view={view} />
        <Warnings view={view} />
        <Facts question={question} />
        <AgentWords question={question} />
        <SignedText text={text} pending={pending} />
      </div>
      <aside className="request-side" aria-label="Decision and votes">
        {pending ? <Decision view={view} text={text} person={person} /> : null}
        <ErrorLine error={stale} />
        <Votes groups={view.groups} votes={view.votes} />
        <Details question={question} />
      </aside>
    </article>
  );
}

function BackToInbox(): ReactNode {
  return (
    <Link to="/" className="back">
      ‹ Inbox
    </Link>
  );
}
