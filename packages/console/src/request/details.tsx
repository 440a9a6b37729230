import type { ConsentQuestion } from '@countersign/core';
import { deltaHash, textHash, visible } from '@countersign/core';
import { useMemo, useState, type ReactNode } from 'react';
import { moment } from '../shell/time.tsx';
import { spelled } from './deadline.ts';

/** Digests and terms for whoever checks them; computed here where this browser can compute them. */
export function Details({ question }: { readonly question: ConsentQuestion }): ReactNode {
  const hashes = useMemo(() => ({ text: textHash(question), delta: deltaHash(question) }), [question]);
  const { obligations, bound } = question;
  const tool = bound.context['tool_digest'];
  const rows: readonly (readonly [string, string])[] = [
    ['Request', question.id],
    ['Asked', moment(question.created_at)],
    ['Expires', moment(question.expires_at)],
    ['Approval lasts', spelled(obligations.ttl_seconds)],
    ['Uses', String(obligations.max_uses)],
    ['Signed with', obligations.assurance === 'passkey' ? 'a passkey' : 'a passkey or an approver key'],
    ['Policies', question.delta.policies.map(({ id }) => id).join(', ') || 'none'],
    ['Policy set', question.policy_version],
    ['Agent id', question.agent.id],
    ['On behalf of', `${visible(bound.subject.type)} ${visible(bound.subject.id)}`],
    ['Authority', `${question.authority} / ${question.tenant}`],
    ['Binding hash', question.binding_hash],
    ['Text hash', hashes.text],
    ['Delta hash', hashes.delta],
    ...(typeof tool === 'string' ? [['Tool digest', visible(tool)] as const] : []),
  ];
  const [raw, setRaw] = useState(false);
  return (
    <details className="details">
      <summary>Details</summary>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
      <button type="button" className="plain-button" aria-expanded={raw} onClick={() => setRaw(!raw)}>
        {raw ? 'Hide the record' : 'Show the record as JSON'}
      </button>
      {raw ? (
        <pre className="canonical" aria-label="The record as JSON" tabIndex={0}>
          {JSON.stringify(question, null, 2)
            .split('\n')
            .map((line, index) => (
              <span key={index} className="line">{`${visible(line)}\n`}</span>
            ))}
        </pre>
      ) : null}
    </details>
  );
}
