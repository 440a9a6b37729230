let offset = 0;
let spread = Number.POSITIVE_INFINITY;

/**
 * The milliseconds to add to this device's clock to get the server's, from one answer's `Date` header,
 * and how wrong that may be. The header has whole seconds, so the middle of that second is taken.
 */
export function clockOffset(
  date: string | null,
  sentAt: number,
  receivedAt: number,
): { offset: number; spread: number } | undefined {
  const stamped = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(stamped)) return undefined;
  return { offset: stamped + 500 - (sentAt + receivedAt) / 2, spread: (receivedAt - sentAt) / 2 + 500 };
}

/** Learns from an answer; a slower answer than the best so far teaches nothing unless the clocks moved apart. */
export function observeServerTime(date: string | null, sentAt: number, receivedAt: number): void {
  const seen = clockOffset(date, sentAt, receivedAt);
  if (seen === undefined) return;
  const moved = Math.abs(seen.offset - offset) > seen.spread + spread;
  if (seen.spread > spread && !moved) return;
  ({ offset, spread } = seen);
}

/** The server's time in milliseconds since the epoch, as far as known: approvers' clocks may be wrong. */
export function serverNow(): number {
  return Date.now() + offset;
}
