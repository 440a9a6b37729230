import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { visible, type RequestView } from '@countersign/core';
import { useState, type ReactNode } from 'react';
import { api, type Choice } from '../api/endpoints.ts';
import { keys } from '../api/queries.ts';
import { useShortcuts } from '../shell/shortcuts.tsx';
import { Countdown, useServerNow } from '../shell/time.tsx';
import { findVoteDifference } from '../sign/check-vote.ts';
import { useSigning, type Signing, type SigningState } from '../sign/use-signing.ts';
import { ApproveDialog, DenyDialog } from './confirm-dialogs.tsx';
import { spelled, timeLeft } from './deadline.ts';
import { riskTier } from './risk.ts';

/** The bar that is always in reach: time left, deny, approve. */
export function Decision({
  view,
  text,
  person,
}: {
  readonly view: RequestView;
  readonly text: string;
  readonly person: string;
}): ReactNode {
  const { question } = view;
  const [asking, setAsking] = useState<'approve' | 'deny'>();
  const { signing, vote } = useVote(view, text, person);
  const over = timeLeft(question.expires_at, useServerNow()).urgency === 'over';
  const able = view.cannot_vote === undefined && !over && !signing.busy;
  const risky = riskTier(question.delta.facts) === 'riskiest';

  async function cast(choice: Choice): Promise<void> {
    await vote(choice);
    setAsking(undefined);
  }
  function approve(): void {
    if (!able) return;
    if (risky) setAsking('approve');
    else void cast({ decision: 'approve' });
  }
  function deny(): void {
    if (able) setAsking('deny');
  }
  useShortcuts({ a: approve, d: deny });

  return (
    <section className="decision" aria-label="Your decision">
      <p className="terms">
        <span>
          {question.obligations.max_uses === 1 ? 'Once' : `Up to ${question.obligations.max_uses} times`},
          within {spelled(question.obligations.ttl_seconds)} of approval
        </span>
        <Countdown until={question.expires_at} />
      </p>
      <Progress state={signing.state} />
      {view.cannot_vote === undefined ? (
        <div className="answers">
          <Button variant="default" size="lg" disabled={!able} onClick={deny} aria-keyshortcuts="d">
            Deny
          </Button>
          <Button size="lg" disabled={!able} loading={signing.busy} onClick={approve} aria-keyshortcuts="a">
            {risky ? 'Approve …' : 'Approve'}
          </Button>
        </div>
      ) : (
        <p className="cannot" role="note">
          {visible(view.cannot_vote)}
        </p>
      )}
      {asking === 'approve' ? (
        <ApproveDialog
          question={question}
          busy={signing.busy}
          state={<Progress state={signing.state} />}
          onApprove={() => void cast({ decision: 'approve' })}
          onClose={() => setAsking(undefined)}
        />
      ) : null}
      {asking === 'deny' ? (
        <DenyDialog
          question={question}
          busy={signing.busy}
          state={<Progress state={signing.state} />}
          onDeny={(note) => void cast({ decision: 'deny', ...(note === '' ? {} : { note }) })}
          onClose={() => setAsking(undefined)}
        />
      ) : null}
    </section>
  );
}

function useVote(
  view: RequestView,
  text: string,
  person: string,
): { signing: Signing; vote: (choice: Choice) => Promise<void> } {
  const client = useQueryClient();
  const signing = useSigning();
  async function vote(choice: Choice): Promise<void> {
    const { id, question, self_approval: selfApproval } = view;
    const after = await signing.run({
      begin: () => api.beginVote(id, choice),
      check: (toSign) => findVoteDifference(toSign, { question, text, choice, person, selfApproval }),
      finish: (signed) => api.finishVote(id, signed),
    });
    if (after !== undefined) client.setQueryData(keys.request(id), after);
    // Also after a failure: the request may have ended while the prompt was open.
    await client.invalidateQueries({ queryKey: keys.request(id) });
    void client.invalidateQueries({ queryKey: ['requests'] });
  }
  return { signing, vote };
}

function Progress({ state }: { readonly state: SigningState }): ReactNode {
  if (state.phase === 'failed') {
    return (
      <p className="error-line" role="alert">
        {state.message}
      </p>
    );
  }
  return (
    <p role="status" className="progress">
      {said(state)}
    </p>
  );
}

function said(state: Exclude<SigningState, { phase: 'failed' }>): string {
  switch (state.phase) {
    case 'idle':
      return '';
    case 'checking':
      return 'Checking that what you sign is what you see …';
    case 'prompting':
      return 'Confirm with your passkey.';
    case 'sending':
      return 'Recording your vote …';
    case 'cancelled':
      return state.message;
  }
}
