/** How much time is left, for a person: `text` needs no further words. */
export interface TimeLeft {
  readonly ms: number;
  readonly text: string;
  readonly urgency: 'calm' | 'soon' | 'last' | 'over';
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `until` is RFC 3339, `now` the server's time in milliseconds. */
export function timeLeft(until: string, now: number): TimeLeft {
  const ms = Math.max(0, Date.parse(until) - now);
  if (!(ms > 0)) return { ms: 0, text: 'expired', urgency: 'over' };
  const urgency = ms <= MINUTE ? 'last' : ms <= 5 * MINUTE ? 'soon' : 'calm';
  return { ms, text: `${duration(ms)} left`, urgency };
}

/** As `timeLeft`, in one unit while seconds do not matter yet: for lists. */
export function roughTimeLeft(until: string, now: number): TimeLeft {
  const left = timeLeft(until, now);
  if (left.urgency !== 'calm') return left;
  const [unit, name] = left.ms >= 2 * DAY ? [DAY, 'd'] : left.ms >= 2 * HOUR ? [HOUR, 'h'] : [MINUTE, 'min'];
  return { ...left, text: `${Math.floor(left.ms / unit)} ${name} left` };
}

/** Two units at most: `1 h 05 min`, `4 min 09 s`, `41 s`. Rounded up, so that the last second is a second. */
export function duration(milliseconds: number): string {
  const ms = Math.ceil(milliseconds / SECOND) * SECOND;
  if (ms >= DAY) return pair(ms, DAY, 'd', HOUR, 'h');
  if (ms >= HOUR) return pair(ms, HOUR, 'h', MINUTE, 'min');
  if (ms >= MINUTE) return pair(ms, MINUTE, 'min', SECOND, 's');
  return `${ms / SECOND} s`;
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  const head = `${Math.floor(ms / large)} ${largeName}`;
  return rest === 0 ? head : `${head} ${String(rest).padStart(2, '0')} ${smallName}`;
}

/** How long ago, coarsely: `just now`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function ago(since: string, now: number): string {
  const ms = now - Date.parse(since);
  if (!(ms >= MINUTE)) return 'just now';
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  return `${Math.floor(ms / DAY)} d ago`;
}

/** A length of time in a sentence: `15 minutes`, `1 hour`, `90 seconds`. */
export function spelled(seconds: number): string {
  if (seconds % 3600 === 0) return counted(seconds / 3600, 'hour');
  if (seconds % 60 === 0) return counted(seconds / 60, 'minute');
  return counted(seconds, 'second');
}

/** `1 line`, `2 lines`, `1,204 lines`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
