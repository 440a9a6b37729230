import {
  ConsentError,
  type Decision,
  type JsonObject,
  type JsonValue,
  type Prospect,
  type RequestStatus,
  type Task,
} from '@countersign/core';

// What arrives is checked here and nowhere else. INVARIANT: whatever is not a permit to the letter is none.

const STATUSES: ReadonlySet<string> = new Set([
  'pending',
  'approved',
  'denied',
  'expired',
  'cancelled',
  'failed',
]);

/** Throws `unavailable`. */
export function asKeyHolder(body: JsonValue): {
  readonly kind: 'agent' | 'pep';
  readonly id: string;
  readonly name: string;
  readonly authority: string;
} {
  const { kind, id, name, authority } = object(body);
  if (kind !== 'agent' && kind !== 'pep') throw unexpected();
  if (typeof id !== 'string' || typeof name !== 'string' || typeof authority !== 'string') throw unexpected();
  return { kind, id, name, authority };
}

/** An AuthZEN decision with our context. Throws `unavailable`. */
export function asDecision(body: JsonValue): Decision {
  const { decision, context } = object(body);
  const members = object(context ?? null);
  if (typeof members['evaluation_id'] !== 'string') throw unexpected();
  if (decision === true) {
    const approval = members['approval'];
    if (approval !== undefined && typeof object(approval)['claim_id'] !== 'string') throw unexpected();
  } else if (decision !== false || typeof members['reason'] !== 'string') throw unexpected();
  return body as unknown as Decision;
}

/** One prospect for each question. What is of no known kind is open. Throws `unavailable`. */
export function asProspects(body: JsonValue, count: number): readonly Prospect[] {
  const { prospects } = object(body);
  if (!Array.isArray(prospects) || prospects.length !== count) throw unexpected();
  return (prospects as readonly JsonValue[]).map((each): Prospect => {
    const { kind, groups } = object(each);
    if (kind === 'never') return { kind };
    const named = Array.isArray(groups) && groups.every((group) => typeof group === 'string') ? groups : [];
    return kind === 'consent' || kind === 'perhaps_consent' ? { kind, groups: named } : { kind: 'open' };
  });
}

/** Throws `unavailable`. */
export function asVersion(body: JsonValue): string {
  const { version } = object(body);
  if (typeof version !== 'string') throw unexpected();
  return version;
}

/** An ARAP task with its result folded in. An unknown status is not approved. Throws `unavailable`. */
export function asTask(body: JsonValue): Task {
  const { task, result } = object(body);
  const members = object(task ?? null);
  if (typeof members['id'] !== 'string') throw unexpected();
  const { status } = members;
  const known = (typeof status === 'string' && STATUSES.has(status) ? status : 'failed') as RequestStatus;
  const seen = { ...(members as unknown as Task), ...ticketIn(members), status: known };
  if (known !== 'approved') return seen;
  const { mode, approval } = object(result ?? null);
  const { id, approved_until } = object(approval ?? null);
  if (mode !== 'reevaluate' || typeof id !== 'string' || typeof approved_until !== 'string')
    throw unexpected();
  return { ...seen, approval: approval as unknown as NonNullable<Task['approval']> };
}

function ticketIn({ links }: JsonObject): { readonly ticket_url?: string } {
  const { ticket } = links === undefined ? {} : object(links);
  return typeof ticket === 'string' ? { ticket_url: ticket } : {};
}

/** The end of a renewed lease. Throws `unavailable`. */
export function asLease(body: JsonValue): { readonly lease_until: string } {
  const { lease_until } = object(body);
  if (typeof lease_until !== 'string') throw unexpected();
  return { lease_until };
}

function object(value: JsonValue): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected();
  return value as JsonObject;
}

function unexpected(): ConsentError {
  return new ConsentError('unavailable', 'the authority answered in a shape that this client does not know');
}
