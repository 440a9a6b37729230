/** ARAP task status; one-way: everything but `pending` is final. `superseded` ends as `cancelled`. */
export type RequestStatus = 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled' | 'failed';

/** What may end a pending request. */
export type RequestEvent = 'quorum_met' | 'eligible_deny' | 'timed_out' | 'withdrawn' | 'broken';

const ENDS: Record<RequestEvent, Exclude<RequestStatus, 'pending'>> = {
  quorum_met: 'approved',
  eligible_deny: 'denied',
  timed_out: 'expired',
  withdrawn: 'cancelled',
  broken: 'failed',
};

/** The status after `event`, or `undefined` when the request has ended already. */
export function nextStatus(status: RequestStatus, event: RequestEvent): RequestStatus | undefined {
  return status === 'pending' ? ENDS[event] : undefined;
}

/** Whether a request in this status can still change. */
export function isFinal(status: RequestStatus): boolean {
  return status !== 'pending';
}
