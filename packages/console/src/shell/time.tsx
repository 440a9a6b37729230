import { useEffect, useState, type ReactNode } from 'react';
import { serverNow } from '../api/server-clock.ts';
import { ago, roughTimeLeft, timeLeft } from '../request/deadline.ts';

/** The server's time, moving while something on the screen counts. */
export function useServerNow(everyMs = 1000): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A live countdown; the last minute is said aloud once, not every second. */
export function Countdown({
  until,
  rough = false,
}: {
  readonly until: string;
  readonly rough?: boolean;
}): ReactNode {
  const now = useServerNow();
  const left = rough ? roughTimeLeft(until, now) : timeLeft(until, now);
  return (
    <span className={`countdown countdown-${left.urgency}`}>
      <time dateTime={until} title={moment(until)}>
        {left.text}
      </time>
      <span className="unseen" role="status">
        {left.urgency === 'last' ? 'Less than a minute left' : left.urgency === 'over' ? 'Time is up' : ''}
      </span>
    </span>
  );
}

export function Ago({ since }: { readonly since: string }): ReactNode {
  const now = useServerNow(30_000);
  return (
    <time dateTime={since} title={moment(since)}>
      {ago(since, now)}
    </time>
  );
}

/** A moment in the reader's own zone and manner, to the second. */
export function moment(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? at
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}
