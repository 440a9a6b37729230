import type { JsonObject } from '@countersign/core';
import { CONSENT_META, consentIn, NOT_PERMITTED } from '../answers.ts';
import { isObject, metaOf, type MessageId } from '../message.ts';
import type { ParkedCall } from '../port.ts';
import { DISPOSITION, pendingMeta, POLL_MS, standingOf } from './wire.ts';

// The tasks of MCP 2025-11-25, which are core and asked for by the client.

/** What ties a message to a task. MCP 2025-11-25 §"Related Task Metadata". */
export const RELATED_TASK = 'io.modelcontextprotocol/related-task';
/** §"Creating Tasks": what a host may tell its model at once. */
const AT_ONCE = 'io.modelcontextprotocol/model-immediate-response';
/** One that runs already is over soon. */
const RUNNING_POLL_MS = 500;

/** A task, as every answer about it says. §"Data Types", "Task". */
export function legacyTask(call: ParkedCall): JsonObject {
  const { state, request, answer, created_at, expires_at } = call;
  const standing = standingOf(call);
  const failed = state === 'ended' ? failureOf(answer) : undefined;
  return {
    ...standing,
    ...(failed === undefined ? {} : { status: 'failed', statusMessage: failed }),
    ttl: expires_at - created_at,
    pollInterval: request === '' ? RUNNING_POLL_MS : POLL_MS,
  };
}

/** The answer to a call that became a task. §"Creating Tasks". */
export function legacyTaskCreated(id: MessageId, call: ParkedCall, who?: string): JsonObject {
  const meta =
    who === undefined
      ? {}
      : {
          _meta: {
            ...pendingMeta(call),
            [AT_ONCE]: `NOT RUN YET. It needs the consent of a person (${who}), who has been asked. It runs by itself once they consent; do not make the same call again.`,
          },
        };
  return { jsonrpc: '2.0', id, result: { task: legacyTask(call), ...meta } };
}

/** What the call itself would have been answered. §"Result Retrieval". */
export function legacyResult(id: MessageId, { id: taskId, answer = {} }: ParkedCall): JsonObject {
  const { result, error } = answer;
  if (!isObject(result)) return { jsonrpc: '2.0', id, error: error ?? {} };
  return {
    jsonrpc: '2.0',
    id,
    result: { ...result, _meta: { ...metaOf(result), [RELATED_TASK]: { taskId } } },
  };
}

export function statusNotification(call: ParkedCall): JsonObject {
  return { jsonrpc: '2.0', method: 'notifications/tasks/status', params: legacyTask(call) };
}

/**
 * The answer to a call that was to become a task and does not run. Whoever asked for a task takes a task or an error,
 * and no tool's result.
 */
export function withoutTask(message: JsonObject): JsonObject {
  const { id = null, result } = message;
  if (!isObject(result) || result['task'] !== undefined) return message;
  const { content } = result;
  const [first] = Array.isArray(content) ? (content as readonly JsonObject[]) : [];
  const text = first?.['text'];
  const data = { [CONSENT_META]: consentIn(message) ?? {} };
  return {
    jsonrpc: '2.0',
    id,
    error: { code: NOT_PERMITTED, message: `NOT RUN. ${typeof text === 'string' ? text : ''}`, data },
  };
}

const NOT_RUN = 'it was not run: tasks/result says why';

/** Why a task failed, in words of ours: §"Task Execution Errors" counts a tool's own error as a failure. */
function failureOf({ result, error }: JsonObject = {}): string | undefined {
  if (error !== undefined) {
    // An error of ours says that nothing was sent.
    return consentIn({ error }) !== undefined ? NOT_RUN : 'the server answered with an error';
  }
  if (!isObject(result) || result['isError'] !== true) return undefined;
  switch (metaOf(result)[DISPOSITION]) {
    case 'denied-not-executed':
      return NOT_RUN;
    case 'outcome-unknown':
      return 'it is unknown whether it ran';
    default:
      return 'it ran once, and failed';
  }
}
