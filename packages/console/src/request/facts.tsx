import { quoted, visible, type ConsentQuestion } from '@countersign/core';
import type { ReactNode } from 'react';
import { counted } from './deadline.ts';
import { readableArguments, type ReadableValue } from './readable.ts';
import { worstFirst } from './risk.ts';

/**
 * Who wants what, and why that needs consent. INVARIANT: everything here is read from the question, whose
 * every member is covered by a hash in the signed statement, never from the summary beside it.
 */
export function Facts({ question }: { readonly question: ConsentQuestion }): ReactNode {
  const { agent, bound, delta } = question;
  const values = readableArguments(question);
  // Ours in part, and quoting what the caller sent.
  const because = worstFirst(delta.facts.because ?? []).map((each) => quoted(each));
  return (
    <dl className="facts">
      <div>
        <dt>Agent</dt>
        <dd>
          <bdi>{quoted(agent.name)}</bdi>
          <span className="quiet">
            {' '}
            of <bdi>{visible(agent.owner)}</bdi>
          </span>
        </dd>
      </div>
      <div>
        <dt>Wants</dt>
        <dd>
          <code>{visible(bound.action.name)}</code>
          <span className="quiet"> on {visible(bound.resource.type)} </span>
          <code className="strong">{quoted(bound.resource.id)}</code>
        </dd>
      </div>
      {because.length === 0 ? null : (
        <div>
          <dt>Would</dt>
          <dd>
            <Folded lines={because} size={undefined} />
          </dd>
        </div>
      )}
      <div>
        <dt>Why ask</dt>
        <dd>
          {delta.policies.map(({ id, reason }) => (
            <p key={id}>{reason === undefined ? `policy ${id}` : visible(reason)}</p>
          ))}
          {delta.policies.length === 0 ? <p>No policy allows it without a person.</p> : null}
        </dd>
      </div>
      {values.length === 0 ? null : (
        <div>
          <dt>With</dt>
          <dd>
            <dl className="arguments" aria-label="Arguments">
              {values.map((value) => (
                <Argument key={value.name} value={value} />
              ))}
            </dl>
          </dd>
        </div>
      )}
    </dl>
  );
}

/** More lines than this would push the decision off a phone; the rest opens with one tap. */
const LINES_AT_ONCE = 6;
const CHARACTERS_AT_ONCE = 320;

function Argument({ value }: { readonly value: ReadableValue }): ReactNode {
  return (
    <div className={value.lines.length === 1 && !isLong(value.lines) ? 'argument-short' : undefined}>
      <dt>{value.name}</dt>
      <dd>
        <Folded lines={value.lines} size={value.size} />
      </dd>
    </div>
  );
}

function isLong(lines: readonly string[]): boolean {
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  return lines.length > LINES_AT_ONCE || length > CHARACTERS_AT_ONCE;
}

/** All lines, or the first of them and how much more there is: nothing is cut that cannot be opened. */
function Folded({
  lines,
  size,
}: {
  readonly lines: readonly string[];
  readonly size: string | undefined;
}): ReactNode {
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  if (!isLong(lines)) {
    return (
      <>
        <Lines lines={lines} />
        {size === undefined ? null : <span className="size">{size}</span>}
      </>
    );
  }
  return (
    <details className="long-value">
      <summary>
        <span className="closed-only">
          <Lines lines={beginning(lines)} />
        </span>
        <span className="more">
          <span className="closed-only">Show all: {size ?? counted(length, 'character')}</span>
          <span className="open-only">Show less</span>
        </span>
      </summary>
      <Lines lines={lines} />
    </details>
  );
}

function beginning(lines: readonly string[]): string[] {
  const first = lines.slice(0, 3).map((line) => (line.length > 120 ? `${line.slice(0, 120)} …` : line));
  return lines.length > first.length ? [...first, '…'] : first;
}

/** Every true line on its own block with a hanging indent: a wrapped line cannot pose as a new one. */
export function Lines({ lines }: { readonly lines: readonly string[] }): ReactNode {
  return (
    <code className="lines">
      {lines.map((line, index) => (
        // eslint-disable-next-line react/no-array-index-key -- lines are text; their place is their identity
        <span key={index} className="line">
          {`${line}\n`}
        </span>
      ))}
    </code>
  );
}
