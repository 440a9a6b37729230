import {
  bindingHash,
  canonicalHash,
  ConsentError,
  isFinal,
  tally,
  type CallOptions,
  type ConsentQuestion,
  type JsonObject,
  type Submission,
  type Task,
  readBack,
} from '@countersign/core';
import { actingAgent, credentialOf } from '../decision/acting-agent.ts';
import { putQuestion } from '../decision/chain.ts';
import { decide } from '../decision/decide.ts';
import { DENIED_FOR_MS } from '../decision/denied-lately.ts';
import { requireAllowed } from '../notify/callbacks.ts';
import { rfc3339, type AuthorityParts } from '../parts.ts';
import { newId } from '../principal/ids.ts';
import type { Caller } from '../principal/port.ts';
import { judgeBy } from './eligibility.ts';
import type { AccessRequest, FileInput, FileOutcome, ForeignDenial } from './port.ts';

/** Pending requests of one agent, beyond which further denials stay denials. Protects the approvers. */
const MAX_PENDING = 20;
/** How long a task can be read after it has ended, or longer where what was granted lasts longer. */
const READABLE_MS = 24 * 60 * 60_000;
/** An agent's own words are a plea, not a novel. */
const MAX_JUSTIFICATION = 2000;

/**
 * Files the access request of a remembered denial, or joins the identical pending one. The submission must
 * be, member for member, what was denied to this very credential. ARAP §"Access Request processing rules".
 */
export async function fileRequest(
  parts: AuthorityParts,
  caller: Caller,
  submission: Submission,
  idempotencyKey: string | undefined,
): Promise<Task> {
  const { callback } = submission;
  const filing = await checkedFiling(parts, caller, submission);
  const outcome = await parts.requests.file({
    ...filing,
    credential: filing.denial.credential,
    ...(callback === undefined ? {} : { callback }),
    ...(idempotencyKey === undefined
      ? {}
      : { idempotency: { key: idempotencyKey, body_hash: canonicalHash(bodyOf(submission)) } }),
    ...filingLimits(parts),
  });
  switch (outcome.kind) {
    case 'filed':
      parts.events.tell({ kind: 'request', id: outcome.request.id, status: 'pending' });
      return await taskOf(parts, outcome.request, filing.denial.credential);
    case 'joined':
      return await taskOf(parts, outcome.request, filing.denial.credential);
    default:
      throw notFiled(outcome.kind);
  }
}

/** What keeps a submission from being filed, as it is now. */
export function filingLimits({
  clock,
  config,
}: AuthorityParts): Pick<FileInput, 'now' | 'max_pending' | 'max_filed' | 'filed_after' | 'denied_after'> {
  const now = clock();
  return {
    now,
    max_pending: MAX_PENDING,
    max_filed: config.limits.access_requests_per_minute,
    filed_after: now - 60_000,
    denied_after: now - DENIED_FOR_MS,
  };
}

/** Why a submission that passed every other check was not filed. */
export function notFiled(why: Exclude<FileOutcome['kind'], 'filed' | 'joined'>): ConsentError {
  switch (why) {
    case 'idempotency_conflict':
      return new ConsentError(
        'duplicate_request',
        'that idempotency key was used with another body: use a new one',
      );
    case 'denied_lately':
      return new ConsentError('not_requestable', 'a person denied this very action a short while ago');
    case 'too_many_pending':
      return new ConsentError(
        'too_many_pending',
        'too many requests of this agent are pending: wait for answers',
      );
    case 'too_many_requests':
      return new ConsentError(
        'too_many_requests',
        'this agent asked people too often just now: wait a minute before it asks for anything new',
      );
  }
}

/** What a submission would file. */
export type Filing = Pick<FileInput, 'denial' | 'question' | 'ticket' | 'foreign'>;

/**
 * What a submission would file, after every check that needs no transaction. `verified` is what its binding token was
 * found to say, where that was looked at already. Throws `forbidden`, `not_requestable`, `invalid_denial_binding`,
 * `expired_denial`.
 */
export async function checkedFiling(
  parts: AuthorityParts,
  caller: Caller,
  submission: Submission,
  verified?: string | ForeignDenial,
): Promise<Filing> {
  const now = parts.clock();
  const agent = await actingAgent(parts.principals, caller, submission);
  // An actor chain that cannot be verified is refused, not kept: somebody would take it for verified.
  const { actor } = submission;
  if (actor !== undefined && (actor['id'] !== agent.id || actor['act'] !== undefined))
    throw new ConsentError('forbidden', 'client.actor is not the agent that this key speaks for');
  const { callback } = submission;
  if (callback !== undefined) await requireAllowed(parts.config, callback);
  const { evaluation_id, foreign } = await denialNamed(parts, caller, submission, verified);
  const denial = await parts.requests.denial(evaluation_id);
  if (denial === undefined)
    throw new ConsentError('not_requestable', 'no requestable denial has that evaluation_id');
  const { bound } = await putQuestion(parts, caller, agent, submission);
  if (
    denial.credential !== credentialOf(caller) ||
    denial.agent !== agent.id ||
    denial.binding_hash !== bindingHash(bound)
  ) {
    throw new ConsentError('invalid_denial_binding', 'the submission is not what was denied: evaluate again');
  }
  if (denial.expires_at <= now)
    throw new ConsentError('expired_denial', 'the denial has expired: evaluate again');
  if (agent.status !== 'active') throw new ConsentError('forbidden', 'this agent is suspended');

  const question = asked(parts, denial.question, submission, now);
  const ticket = newId(parts, 'tkt');
  return { denial, question, ticket, ...(foreign === undefined ? {} : { foreign }) };
}

/**
 * The evaluation that was denied. A binding token is held against the submission and what it says of itself. For the
 * denial of another PDP our own policies say whether people may be asked, and whom: it is evaluated here first.
 */
async function denialNamed(
  parts: AuthorityParts,
  caller: Caller,
  {
    denial,
    actor: _actor,
    callback: _callback,
    business_justification: _words,
    requested_access: _wish,
    ...submitted
  }: Submission,
  verified: string | ForeignDenial | undefined,
): Promise<{ readonly evaluation_id: string; readonly foreign?: ForeignDenial }> {
  const { evaluation_id, binding_token } = denial;
  if (binding_token === undefined) {
    if (evaluation_id !== undefined) return { evaluation_id };
    throw new ConsentError(
      'invalid_denial_binding',
      'name the denial by its evaluation_id or its binding_token',
    );
  }
  const named = verified ?? (await parts.tokens.verifyBindingToken(binding_token, submitted, denial));
  if (typeof named === 'string') return { evaluation_id: named };
  const own = await decide(parts, caller, submitted);
  if (own.decision || own.context.access_request === undefined)
    throw new ConsentError('not_requestable', 'the policies of this authority put that before nobody');
  return { evaluation_id: own.context.evaluation_id, foreign: named };
}

/** The caller's task as it is now. Throws `unknown_task`, `task_expired`. */
export async function readTask(parts: AuthorityParts, caller: Caller, id: string): Promise<Task> {
  const task = await keptTask(parts, caller, id);
  if (isOver(task, parts.clock())) throw new ConsentError('task_expired', 'the task ended too long ago');
  return task;
}

/** The caller's task, however long ago it ended. Throws `unknown_task`. */
export async function keptTask(parts: AuthorityParts, caller: Caller, id: string): Promise<Task> {
  return await taskOf(parts, await held(parts, caller, id), credentialOf(caller));
}

/** Whether a task ended so long ago that its handle is good for nothing any more. ARAP §"Completed Task Response". */
export function isOver({ status, expires_at }: Task, now: number): boolean {
  return isFinal(status) && Date.parse(expires_at) <= now;
}

/** Resolves when the task is final, or with its state after `timeoutMs`; leaving early changes nothing. */
export async function waitForTask(
  parts: AuthorityParts,
  caller: Caller,
  id: string,
  options: CallOptions & { readonly timeoutMs: number },
): Promise<Task> {
  const { promise: changed, resolve: wake } = Promise.withResolvers<void>();
  // Listening begins before looking, so that no change falls between the two.
  const stop = parts.events.subscribe((event) => {
    if (event.kind === 'request' && event.id === id && event.status !== 'pending') wake();
  });
  const timer = setTimeout(wake, options.timeoutMs);
  options.signal?.addEventListener('abort', () => wake(), { once: true });
  try {
    const request = await held(parts, caller, id);
    if (!isFinal(request.status) && options.signal?.aborted !== true) await changed;
  } finally {
    clearTimeout(timer);
    stop();
  }
  return await readTask(parts, caller, id);
}

/** Withdraws a pending request. Throws `invalid_task_state` when it has ended. */
export async function cancelTask(parts: AuthorityParts, caller: Caller, id: string): Promise<Task> {
  const before = await held(parts, caller, id);
  const after = isFinal(before.status) ? undefined : await parts.requests.end(id, 'cancelled', parts.clock());
  if (after?.status !== 'cancelled') {
    throw new ConsentError(
      'invalid_task_state',
      `the request has ended already: ${(after ?? before).status}`,
    );
  }
  parts.events.tell({ kind: 'request', id, status: 'cancelled' });
  return await taskOf(parts, after, credentialOf(caller));
}

async function held(parts: AuthorityParts, caller: Caller, id: string): Promise<AccessRequest> {
  const mine = await parts.requests.holds(id, credentialOf(caller));
  const request = mine ? await parts.requests.request(id) : undefined;
  if (request === undefined) throw new ConsentError('unknown_task', 'no such task of this credential');
  return request;
}

async function taskOf(parts: AuthorityParts, request: AccessRequest, credential: string): Promise<Task> {
  const votes = await parts.requests.votes(request.id);
  const approvers = await parts.principals.approverCount();
  const { obligations } = request.question;
  const counted = tally(obligations, judgeBy(parts.config)(request.question, votes, approvers));
  const met = counted.groups.filter((group) => group.have >= group.quorum).length;
  const approval = request.status === 'approved' ? await parts.approvals.approvalOf(request.id) : undefined;
  return {
    id: request.id,
    status: request.status,
    created_at: rfc3339(request.created_at),
    expires_at: rfc3339(
      request.ended_at === undefined
        ? request.expires_at
        : Math.max(request.ended_at + READABLE_MS, approval?.approved_until ?? 0),
    ),
    progress: {
      current_step: Math.min(met + 1, counted.groups.length),
      total_steps: counted.groups.length,
      awaiting: isFinal(request.status)
        ? []
        : counted.groups.filter((group) => group.have < group.quorum).map(({ group }) => group),
    },
    ...(request.ticket === undefined
      ? {}
      : { ticket_url: `${parts.config.public_url}/ticket/${request.ticket}` }),
    ...(approval === undefined
      ? {}
      : {
          approval: {
            id: approval.id,
            approved_at: rfc3339(approval.approved_at),
            approved_until: rfc3339(approval.approved_until),
            state: await parts.tokens.approvalState(
              {
                approval: approval.id,
                task: request.id,
                credential,
                binding_hash: approval.binding_hash,
                agent: approval.agent,
                approved_at: approval.approved_at,
                approved_until: approval.approved_until,
              },
              request.question.bound,
              await parts.requests.foreignDenial(request.id, credential),
            ),
          },
        }),
  };
}

function asked(
  parts: AuthorityParts,
  draft: ConsentQuestion,
  submission: Submission,
  now: number,
): ConsentQuestion {
  const words = submission.business_justification;
  return {
    ...draft,
    id: newId(parts, 'arq'),
    created_at: rfc3339(now),
    expires_at: rfc3339(now + parts.config.pending_ms),
    ...(words === undefined ? {} : { justification: shortened(words) }),
  };
}

function shortened(words: string): string {
  const characters = Array.from(words);
  if (characters.length <= MAX_JUSTIFICATION) return words;
  return `${characters.slice(0, MAX_JUSTIFICATION).join('')} [${characters.length - MAX_JUSTIFICATION} more characters cut]`;
}

export function bodyOf(submission: object): JsonObject {
  return readBack(JSON.stringify(submission)) as JsonObject;
}
