import type { JsonValue } from '@countersign/core';

/** How often in a row a server may fail to say how a task stands, or to take what is said of it. */
export const MAX_FAILURES = 5;
const USUAL_MS = 1000;
const LEAST_MS = 50;
/** Longer than anybody waits who calls, and far within what a timer can count. */
const LONGEST_MS = 10 * 60_000;

/** Milliseconds until a task is looked at again, as its server wishes: it may refuse who looks more often (SEP-2663 §"Task Polling"). */
export function pollInterval(wished: JsonValue | undefined): number {
  if (typeof wished !== 'number') return USUAL_MS;
  return Math.min(Math.max(wished, LEAST_MS), LONGEST_MS);
}
