import type { ReactNode } from 'react';
import { Problem } from '../api/client.ts';

type Tone = 'info' | 'warn' | 'danger' | 'ok';

const MARKS: Record<Tone, string> = { info: 'i', warn: '!', danger: '!', ok: '✓' };

/** A line or two that must not be missed; its tone is also its mark, so that colour is never the only sign. */
export function Notice({
  tone,
  title,
  children,
  role,
}: {
  readonly tone: Tone;
  readonly title?: ReactNode;
  readonly children?: ReactNode;
  readonly role?: 'alert' | 'status' | 'note';
}): ReactNode {
  return (
    <div className={`notice notice-${tone}`} {...(role === undefined ? {} : { role })}>
      <span className="notice-mark" aria-hidden="true">
        {MARKS[tone]}
      </span>
      <div>
        {title === undefined ? null : <strong>{title}</strong>} {children}
      </div>
    </div>
  );
}

/** One line for whatever a query or a form failed with. */
export function ErrorLine({ error }: { readonly error: unknown }): ReactNode {
  if (error === null || error === undefined) return null;
  const line = error instanceof Problem ? error.message : 'Something went wrong here. Reload the page.';
  return (
    <p className="error-line" role="alert">
      {line}
    </p>
  );
}
