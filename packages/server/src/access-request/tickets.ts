import type { TicketView } from '../faces.ts';
import { rfc3339, type AuthorityParts } from '../parts.ts';

/** What whoever holds a request's ticket may see of it. A ticket opens nothing and decides nothing. */
export async function readTicket(
  { requests, approvals }: AuthorityParts,
  ticket: string,
): Promise<TicketView | undefined> {
  const request = await requests.ticketed(ticket);
  if (request === undefined) return undefined;
  const { id, status, expires_at } = request;
  const approval = status === 'approved' ? await approvals.approvalOf(id) : undefined;
  const used = approval !== undefined && approval.uses > 0;
  return { status: used ? 'used' : status, expires_at: rfc3339(expires_at) };
}
