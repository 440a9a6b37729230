import type { Context } from 'hono';

/** The longest `Prefer: wait` that is honoured, in seconds. */
const MAX_WAIT_SECONDS = 60;

/** How long an answer may wait for what it tells to change, in seconds: RFC 7240 §4.3. */
export function preferredWait(context: Context): number | undefined {
  const [, seconds] =
    /(?:^|[,;\s])wait=(\d{1,6})(?=$|[,;\s])/i.exec(context.req.header('prefer') ?? '') ?? [];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}
