import type { Disposition, JsonObject } from '@countersign/core';
import { CONSENT_META } from '../answers.ts';
import type { Pending } from '../enforce.ts';
import { isObject, metaOf, type Era, type MessageId } from '../message.ts';
import type { ParkedCall } from '../port.ts';
import { CONSENT } from './retries.ts';

/** SEP-2848. The draft may move; our own key beside it stays. */
export const DISPOSITION = 'io.modelcontextprotocol/tool-approval-disposition';
/** SEP-2643. */
const AUTHORIZATION = 'io.modelcontextprotocol/authorization';
/** What only we say of a call. */
export const OURS_ALONE: ReadonlySet<string> = new Set([DISPOSITION, AUTHORIZATION, CONSENT_META]);
/** MCP 2025-11-25 §"URL Mode With Elicitation Required Error"; gone from 2026-07-28. */
export const URL_ELICITATION_REQUIRED = -32042;
/** MCP 2026-07-28 §"Error codes". */
export const MISSING_CAPABILITY = -32021;

export const POLL_MS = 5000;
const WAITING = 'waiting for the consent of a person; nothing has run';

/** The answer to a call that became a task. MCP Tasks §"Task Creation", SEP-2848. */
export function taskCreated(id: MessageId, call: ParkedCall): JsonObject {
  return {
    jsonrpc: '2.0',
    id,
    result: {
      resultType: 'task',
      ...summaryOf(call),
      _meta: pendingMeta(call),
    },
  };
}

/** What a task that waits for people says of it beside its status. SEP-2643, SEP-2848. */
export function pendingMeta({ request }: ParkedCall): JsonObject {
  return {
    [AUTHORIZATION]: {
      reason: 'insufficient_authorization',
      remediation: 'available',
      remediationHints: [{ type: 'task' }],
    },
    [CONSENT_META]: { request_id: request, status: 'pending', retry_after: POLL_MS / 1000 },
  };
}

/** A task whole, as `tasks/get` answers and `notifications/tasks` tells. MCP Tasks §"Task Status". */
export function detailedTask(call: ParkedCall): JsonObject {
  const summary = summaryOf(call);
  switch (summary.status) {
    case 'completed':
      return { ...summary, result: call.answer?.['result'] ?? {} };
    case 'failed':
      return { ...summary, error: call.answer?.['error'] ?? {} };
    case 'input_required':
      return { ...summary, inputRequests: call.answer?.['inputRequests'] ?? {} };
    default:
      return summary;
  }
}

type Summary = JsonObject & { readonly status: string };

function summaryOf(call: ParkedCall): Summary {
  const { created_at, expires_at } = call;
  return { ...standingOf(call), ttlMs: expires_at - created_at, pollIntervalMs: POLL_MS };
}

/** What both eras say of a task. */
export function standingOf({ id, request, state, answer, created_at, updated_at }: ParkedCall): Summary {
  const [status, text] = STATUS[state];
  const statusMessage = request === '' && state === 'sent' ? 'it is running' : text;
  const failed = state === 'ended' && answer?.['error'] !== undefined;
  return {
    taskId: id,
    status: failed ? 'failed' : status,
    ...(statusMessage === '' ? {} : { statusMessage }),
    createdAt: new Date(created_at).toISOString(),
    lastUpdatedAt: new Date(updated_at).toISOString(),
  };
}

// Every text here is our own: "statusMessage is a prompt-injection surface" (SEP-2848).
const STATUS: Record<ParkedCall['state'], readonly [string, string]> = {
  waiting: ['working', WAITING],
  taken: ['working', 'a person has consented; it is about to run'],
  sent: ['working', 'a person has consented; it is running'],
  asking: ['input_required', 'it is running, and the server asks for more'],
  ended: ['completed', ''],
  cancelled: ['cancelled', 'it was withdrawn before anybody consented; it did not run'],
};

/** What a tool answered, with what became of the consent; its words say that it ran. */
export function executed(answer: JsonObject): JsonObject {
  const { result, error } = answer;
  if (!isObject(result)) return { error: error ?? { code: -32603, message: 'the server gave no result' } };
  const disposition = result['isError'] === true ? 'execution-error' : 'approved-executed';
  const said =
    disposition === 'approved-executed'
      ? 'This ran once, after a person consented.'
      : 'This ran once, after a person consented, and failed. It is not repeated.';
  const content = Array.isArray(result['content']) ? (result['content'] as readonly JsonObject[]) : [];
  return {
    result: withDisposition({ ...result, content: [...content, { type: 'text', text: said }] }, disposition),
  };
}

/** A result of ours, with what became of the consent. */
export function withDisposition(result: JsonObject, disposition: Disposition): JsonObject {
  return { ...result, _meta: { ...metaOf(result), [DISPOSITION]: disposition } };
}

/** The result of a denial that making the call again cannot lift. SEP-2643, SEP-2848: "terminal denial". */
export function withoutRemedy(result: JsonObject): JsonObject {
  const terminal = { reason: 'insufficient_authorization', remediation: 'unavailable' };
  return { ...result, _meta: { ...metaOf(result), [AUTHORIZATION]: terminal } };
}

/** Asks the client to show its person the ticket, in the way of its era. */
export function urlRequired(
  id: MessageId,
  era: Era,
  { task, who }: Pending,
  url: string,
  requestState: string,
): JsonObject {
  const message = `This needs the consent of a person (${who}), who has been asked. The page tells how it stands.`;
  const consent = { request_id: task.id, status: 'pending' };
  if (era === 'modern') {
    const elicitation = { method: 'elicitation/create', params: { mode: 'url', url, message } };
    const result = {
      resultType: 'input_required',
      inputRequests: { [CONSENT]: elicitation },
      requestState,
      _meta: { [CONSENT_META]: consent },
    };
    return { jsonrpc: '2.0', id, result };
  }
  const elicitations = [{ mode: 'url', elicitationId: task.id, url, message }];
  return {
    jsonrpc: '2.0',
    id,
    error: {
      code: URL_ELICITATION_REQUIRED,
      message: `NOT RUN. ${message} Make the same call again once they have consented, with exactly the same arguments.`,
      data: { elicitations, [CONSENT_META]: consent },
    },
  };
}

/** Tells a client of the older era that the page has nothing more to tell. */
export function elicitationComplete(accessRequest: string): JsonObject {
  return {
    jsonrpc: '2.0',
    method: 'notifications/elicitation/complete',
    params: { elicitationId: accessRequest },
  };
}
