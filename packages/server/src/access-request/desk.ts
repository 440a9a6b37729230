import {
  base64url,
  ConsentError,
  findVoteMismatch,
  meetsAssurance,
  statementChallenge,
  voteStatement,
  type ConsentQuestion,
  type VoteStatement,
  readBack,
} from '@countersign/core';
import type { Approver, Desk } from '../faces.ts';
import { rfc3339, type AuthorityParts } from '../parts.ts';
import type { Passkeys } from '../passkey/passkeys.ts';
import { checkProof } from '../passkey/proof.ts';
import { newId } from '../principal/ids.ts';
import { isOwnRequest, judgeBy, whyIneligible } from './eligibility.ts';
import type { AccessRequest } from './port.ts';
import { summaryOf, viewOf } from './views.ts';

/** How long a statement waits for its signature. */
const STATEMENT_LIFE_MS = 5 * 60_000;
/** A vote does not lie in a drawer: an approval made of it ends at the latest so long after it was cast. */
const VOTE_LIFE_MS = 24 * 60 * 60_000;
const PAGE = 50;
const MAX_NOTE = 1000;

/** The approvers' side of the authority. */
export function createDesk(parts: AuthorityParts, passkeys: Passkeys): Desk {
  return {
    async list({ open, before, limit = PAGE }) {
      const size = Math.min(limit, PAGE);
      const after = before === undefined ? {} : { after: parseCursor(before) };
      const found = await parts.requests.list({ open, limit: size + 1, ...after });
      const page = found.slice(0, size);
      const requests = await Promise.all(page.map((request) => summaryOf(parts, request)));
      const last = page.at(-1);
      if (found.length === page.length || last === undefined) return { requests };
      return { requests, next: `${open ? last.expires_at : last.created_at}.${last.id}` };
    },

    async view(id, approver) {
      return await viewOf(parts, await find(parts, id), approver);
    },

    async beginVote(approver, { request: id, decision, note }) {
      const request = await find(parts, id);
      const statement = await prepare(parts, approver, request, decision, note);
      await parts.signIns.putChallenge({
        id: statement.nonce,
        kind: 'vote',
        payload: JSON.stringify(statement),
        expires_at: parts.clock() + STATEMENT_LIFE_MS,
      });
      const options = await passkeys.assertionOptions(statementChallenge(statement), approver.credential);
      return { statement, question: request.question, ...(options === undefined ? {} : { options }) };
    },

    async finishVote(approver, nonce, proof) {
      const statement = await remembered(parts, approver, nonce);
      const request = await find(parts, statement.request_id);
      const mismatch = findVoteMismatch(statement, request.question);
      if (mismatch !== undefined)
        throw new ConsentError('stale_statement', `the statement differs in ${mismatch}`);
      const evidence = await checkProof(parts, passkeys, statement, approver.credential, proof);
      const outcome = await parts.requests.cast(
        {
          request: request.id,
          challenge: nonce,
          statement,
          evidence,
          assurance: evidence.kind,
          now: parts.clock(),
          approval_id: newId(parts, 'apr'),
        },
        judgeBy(parts.config),
      );
      switch (outcome.kind) {
        case 'counted':
          parts.events.tell({ kind: 'request', id: request.id, status: outcome.request.status });
          return await viewOf(parts, outcome.request, approver);
        case 'not_pending':
          throw new ConsentError('invalid_task_state', `the request has ended already: ${outcome.status}`);
        case 'already_voted':
          throw new ConsentError('already_voted', 'you have voted on this request already');
        case 'stale':
          throw new ConsentError(
            'stale_statement',
            'the statement is too old or was used: start the vote again',
          );
        case 'not_eligible':
          throw new ConsentError('not_eligible', outcome.why);
        case 'unknown':
          throw new ConsentError('not_found', 'no such request');
      }
    },

    async revokeApproval(approver, id) {
      const approval = await parts.approvals.approval(id);
      if (approval === undefined) throw new ConsentError('not_found', 'no such approval');
      const request = await find(parts, approval.request);
      const person = await parts.principals.person(approver.person);
      const groups = request.question.obligations.groups.map(({ group }) => group);
      if (person === undefined || !groups.some((group) => person.groups.includes(group))) {
        throw new ConsentError('not_eligible', `only a member of ${groups.join(' or ')} may revoke it`);
      }
      await parts.approvals.revoke(id, approver.person, parts.clock());
      parts.events.tell({ kind: 'request', id: request.id, status: request.status });
      return await viewOf(parts, request, approver);
    },
  };
}

/** The statement for this approver and decision. Throws `invalid_task_state`, `not_eligible`, `already_voted`. */
async function prepare(
  parts: AuthorityParts,
  approver: Approver,
  request: AccessRequest,
  decision: 'approve' | 'deny',
  note: string | undefined,
): Promise<VoteStatement> {
  const { question } = request;
  const now = parts.clock();
  if (request.status !== 'pending' || request.expires_at <= now) {
    const status = request.status === 'pending' ? 'expired' : request.status;
    throw new ConsentError('invalid_task_state', `the request has ended already: ${status}`);
  }
  if (note !== undefined && note.length > MAX_NOTE) {
    throw new ConsentError('invalid_request', `the note is longer than ${MAX_NOTE} characters`);
  }
  await requireEligible(parts, approver, question);
  const votes = await parts.requests.votes(request.id);
  if (votes.some((vote) => vote.statement.approver === approver.person)) {
    throw new ConsentError('already_voted', 'you have voted on this request already');
  }
  return voteStatement(question, {
    decision,
    approver: approver.person,
    credential: approver.credential,
    self_approved: isOwnRequest(question, approver.email),
    not_after: rfc3339(now + VOTE_LIFE_MS),
    nonce: base64url.encode(parts.random(32)),
    ...(note === undefined || note === '' ? {} : { note }),
  });
}

async function requireEligible(
  parts: AuthorityParts,
  approver: Approver,
  question: ConsentQuestion,
): Promise<void> {
  const person = await parts.principals.person(approver.person);
  const credential = await parts.principals.credential(approver.credential);
  if (person === undefined || credential === undefined || credential.revoked_at !== undefined) {
    throw new ConsentError('not_eligible', 'the credential is not enrolled any more');
  }
  const why = whyIneligible(question, person, parts.config, await parts.principals.approverCount());
  if (why !== undefined) throw new ConsentError('not_eligible', why);
  if (!meetsAssurance(credential.kind, question.obligations.assurance)) {
    throw new ConsentError(
      'not_eligible',
      `this request needs a passkey, and this credential is a ${credential.kind}`,
    );
  }
}

async function remembered(parts: AuthorityParts, approver: Approver, nonce: string): Promise<VoteStatement> {
  const challenge = await parts.signIns.peekChallenge(nonce, 'vote', parts.clock());
  const statement = challenge && (readBack(challenge.payload) as VoteStatement);
  // INVARIANT: only the approver for whom the statement was made can finish it.
  if (statement?.approver !== approver.person || statement.credential !== approver.credential) {
    throw new ConsentError('stale_statement', 'the statement is too old or was used: start the vote again');
  }
  return statement;
}

async function find(parts: AuthorityParts, id: string): Promise<AccessRequest> {
  const request = await parts.requests.request(id);
  if (request === undefined) throw new ConsentError('not_found', 'no such request');
  return request;
}

/** A cursor is `<milliseconds>.<id>` of the last request of a page. */
function parseCursor(cursor: string): { readonly time: number; readonly id: string } {
  const [, time, id] = /^(\d{1,15})\.(arq_[\w-]+)$/.exec(cursor) ?? [];
  if (time === undefined || id === undefined)
    throw new ConsentError('invalid_request', 'not a cursor of this list');
  return { time: Number(time), id };
}
