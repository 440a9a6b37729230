import type { JsonObject } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { requestOf } from '../made-message.ts';
import { isObject, metaOf } from '../message.ts';
import { pause } from '../pause.ts';
import { RELATED_TASK } from '../pending/legacy-wire.ts';
import type { PeerExchange } from './peer.ts';
import type { RunningCall } from './running-call.ts';

// A call at a server of the older era that is done as a task alone: who asked for it waits for its end, as for that of any other.

/** How often in a row waiting for a task may break off at once. */
const MAX_FAILURES = 5;
/** Who waited longer was not refused: the line was cut. */
const LONG_MS = 5000;
const REST_MS = 1000;

/** Whether a server that declares these takes calls of tools as tasks. MCP 2025-11-25 §"Tool-Level Negotiation". */
export function takesToolTasks({ tasks }: JsonObject): boolean {
  const requests = isObject(tasks) ? tasks['requests'] : undefined;
  const tools = isObject(requests) ? requests['tools'] : undefined;
  return isObject(tools) && isObject(tools['call']);
}

/** The same call, to be done as a task. */
export function asTask({ id, method, params }: McpRequest): McpRequest {
  return requestOf(id, method, { ...params, task: {} }, 'legacy');
}

/** The task that an answer says its call has become. */
export function legacyTaskIn({ result }: JsonObject): string | undefined {
  const task = isObject(result) ? result['task'] : undefined;
  const taskId = isObject(task) ? task['taskId'] : undefined;
  return typeof taskId === 'string' ? taskId : undefined;
}

/** What the call would have been answered, when its task has ended, however often waiting breaks off. */
export async function resultOfTask(
  taskId: string,
  running: RunningCall,
  send: (request: McpRequest) => PeerExchange,
): Promise<JsonObject | undefined> {
  const request = requestOf('result', 'tasks/result', { taskId }, 'legacy');
  for (let failures = 0; failures < MAX_FAILURES && !running.signal.aborted;) {
    const began = Date.now();
    // The server has the call: what came of it is not known where this cannot be sent.
    const answer = await running.exchange(() => send(request)).catch(() => undefined);
    // Where the line was cut and the task is not there any more, this says nothing of the call.
    if (answer !== undefined)
      return failures > 0 && isObject(answer['error']) ? undefined : unrelated(answer);
    failures = Date.now() - began > LONG_MS ? 1 : failures + 1;
    await pause(REST_MS, running.signal);
  }
  return undefined;
}

/** Nobody else has heard of that task. */
function unrelated(answer: JsonObject): JsonObject {
  const { result } = answer;
  if (!isObject(result) || !isObject(result['_meta'])) return answer;
  const { [RELATED_TASK]: _task, ...meta } = result['_meta'];
  const { _meta, ...rest } = result;
  return { ...answer, result: Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta } };
}

/** An answer to what the server asks for a task, which says so, too. §"Associating Task-Related Messages". */
export function related(outcome: JsonObject, asked: JsonObject): JsonObject {
  const { [RELATED_TASK]: task } = metaOf(asked);
  const { result } = outcome;
  if (task === undefined || !isObject(result)) return outcome;
  return { ...outcome, result: { ...result, _meta: { ...metaOf(result), [RELATED_TASK]: task } } };
}
