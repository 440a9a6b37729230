import { quoted, type ConsentQuestion, type RequestView } from '@countersign/core';
import type { ReactNode } from 'react';
import { Notice } from '../shell/notice.tsx';

/** What should make an approver slow down, before anything else is read. */
export function Warnings({ view }: { readonly view: RequestView }): ReactNode {
  const { question } = view;
  const pending = view.status === 'pending';
  return (
    <>
      {question.delta.facts.reviewed ? null : (
        <Notice tone="danger" title="Nobody has reviewed this tool." role="note">
          It counts as the riskiest.
        </Notice>
      )}
      {pending && view.self_approval ? (
        <Notice tone="warn" title="This is your own agent." role="note">
          Approving is recorded as a self-approval.
        </Notice>
      ) : null}
      {question.reported_by === 'self' ? (
        <Notice tone="warn" title="Reported by the agent itself." role="note">
          No gateway saw this call, so nothing but the agent’s word says that it is what will run.
        </Notice>
      ) : null}
    </>
  );
}

/** Untrusted, and marked as such: set apart, never a heading, and last. */
export function AgentWords({ question }: { readonly question: ConsentQuestion }): ReactNode {
  if (question.justification === undefined) return null;
  return (
    <figure className="agent-words">
      <figcaption>The agent’s own words, not verified</figcaption>
      <blockquote>
        <bdi>{quoted(question.justification)}</bdi>
      </blockquote>
    </figure>
  );
}
