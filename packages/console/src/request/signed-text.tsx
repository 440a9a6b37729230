import { useState, type ReactNode } from 'react';
import { counted } from './deadline.ts';

/** Up to this many lines the text stands in full; a longer one scrolls, and says so. */
const LINES_IN_FULL = 48;

/**
 * The canonical text, character by character. `textContent` of the block is the very string whose hash is
 * signed; writing direction is fixed, so that no right-to-left letter can swap what stands left and right of it.
 */
export function SignedText({
  text,
  pending,
}: {
  readonly text: string;
  readonly pending: boolean;
}): ReactNode {
  const title = pending ? 'This is the text you sign' : 'This is the text that votes sign';
  const [all, setAll] = useState(false);
  const lines = text.split(/(?<=\n)/);
  const scrolls = lines.length > LINES_IN_FULL && !all;
  return (
    <section className="signed-text" aria-labelledby="signed-text-title">
      <div className="section-head">
        <h2 id="signed-text-title">{title}</h2>
        <p className="quiet">
          {counted(lines.length, 'line')}, {counted(text.length, 'character')}, nothing left out
          {scrolls ? '; scroll in the box to read all of it' : ''}
        </p>
      </div>
      <pre
        className={scrolls ? 'canonical canonical-scrolls' : 'canonical'}
        aria-label={title}
        role="region"
        // A box that scrolls has to be reachable by keyboard.
        {...(scrolls ? { tabIndex: 0 } : {})}
      >
        {lines.map((line, index) => (
          <span key={index} className={/^[A-Z]/.test(line) ? 'line line-title' : 'line'}>
            {line}
          </span>
        ))}
      </pre>
      {lines.length > LINES_IN_FULL ? (
        <button type="button" className="plain-button" onClick={() => setAll(!all)}>
          {all ? 'Show in a scrolling box' : `Show all ${counted(lines.length, 'line')}`}
        </button>
      ) : null}
    </section>
  );
}
