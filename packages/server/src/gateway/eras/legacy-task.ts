import type { JsonObject, JsonValue } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { requestOf } from '../made-message.ts';
import { isObject, metaOf } from '../message.ts';
import { pause } from '../pause.ts';
import { RELATED_TASK } from '../pending/legacy-wire.ts';
import type { PeerExchange } from './peer.ts';
import { MAX_FAILURES, pollInterval } from './poll-interval.ts';
import type { RunningCall } from './running-call.ts';

// A call at a server of the older era that is done as a task alone: who asked for it waits for its end, as for that of any other.

const NO_SUCH_TASK = -32602;

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

/** Whether a server that declares these lets a task be cancelled. §"Server Capabilities". */
export function cancelsTasks({ tasks }: JsonObject): boolean {
  return isObject(tasks) && isObject(tasks['cancel']);
}

/**
 * What the call would have been answered, when its task has ended, however often waiting breaks off; undefined where nobody
 * knows. An error may be of the way there, such as a gateway's that waited too long, and says nothing of the call then: it is
 * the call's own where the task has failed.
 */
export async function resultOfTask(
  taskId: string,
  running: RunningCall,
  send: (request: McpRequest) => PeerExchange,
): Promise<JsonObject | undefined> {
  // The server has the call: what came of it is not known where this cannot be sent.
  const ask = async (method: 'tasks/result' | 'tasks/get'): Promise<JsonObject | undefined> =>
    await running
      .exchange(() => send(requestOf(method, method, { taskId }, 'legacy')))
      .catch(() => undefined);
  let interval: JsonValue | undefined;
  for (let failures = 0; failures < MAX_FAILURES && !running.signal.aborted;) {
    const answer = await ask('tasks/result');
    if (answer !== undefined && !isObject(answer['error'])) return unrelated(answer);
    const { result, error } = (await ask('tasks/get')) ?? {};
    if (isObject(error) && error['code'] === NO_SUCH_TASK) return undefined;
    const { status, pollInterval: wished = interval } = isObject(result) ? result : {};
    interval = wished;
    if (status === 'failed' && answer !== undefined) return answer;
    if (status === 'cancelled') return undefined;
    failures = status === 'working' || status === 'input_required' ? 0 : failures + 1;
    await pause(pollInterval(interval), running.signal);
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

/** The task that a message says it is about. */
export function relatedTask(params: JsonObject): string | undefined {
  const { [RELATED_TASK]: task } = metaOf(params);
  const taskId = isObject(task) ? task['taskId'] : undefined;
  return typeof taskId === 'string' ? taskId : undefined;
}

/** An answer to what the server asks for a task, which says so, too. §"Associating Task-Related Messages". */
export function related(outcome: JsonObject, asked: JsonObject): JsonObject {
  const { [RELATED_TASK]: task } = metaOf(asked);
  const { result } = outcome;
  if (task === undefined || !isObject(result)) return outcome;
  return { ...outcome, result: { ...result, _meta: { ...metaOf(result), [RELATED_TASK]: task } } };
}
