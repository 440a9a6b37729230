import { describe, expect, it } from 'vitest';
import { isFinal, nextStatus, type RequestEvent, type RequestStatus } from './status.ts';

const ENDS: [RequestEvent, RequestStatus][] = [
  ['quorum_met', 'approved'],
  ['eligible_deny', 'denied'],
  ['timed_out', 'expired'],
  ['withdrawn', 'cancelled'],
  ['broken', 'failed'],
];

describe('nextStatus', () => {
  it.each(ENDS)('%s ends a pending request as %s', (event, status) => {
    expect(nextStatus('pending', event)).toBe(status);
    expect(isFinal(status)).toBe(true);
  });

  it.each(ENDS)('after %s nothing changes the request again', (_event, status) => {
    for (const [event] of ENDS) expect(nextStatus(status, event)).toBeUndefined();
  });

  it('a pending request is not final', () => {
    expect(isFinal('pending')).toBe(false);
  });
});
