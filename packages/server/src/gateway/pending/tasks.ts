import type { JsonObject } from '@countersign/core';
import { errorMessage } from '../answers.ts';
import type { McpRequest } from '../conversation.ts';
import { isObject, SUBSCRIPTION, type MessageId } from '../message.ts';
import type { ParkedCall } from '../port.ts';
import { capabilitiesOf, declaringTasks, takesTasks, TASKS } from './form.ts';
import type { ParkedCalls } from './parked-calls.ts';
import { reachedTask, type TaskCaller } from './reached-task.ts';
import { isOurTask } from './task-id.ts';
import { detailedTask, MISSING_CAPABILITY } from './wire.ts';

const MAX_WATCHED = 256;

/** Where a request about tasks is answered, at either door. */
export interface TaskReply {
  finish(message: JsonObject, status?: number): void;
  /** Begins a stream where the caller takes one; answers whether it does. */
  stream(): boolean;
  event(message: JsonObject): void;
  /** Whoever asked has gone, or we are about to. */
  readonly left: AbortSignal;
}

/** Whether a request is about tasks of ours, which no upstream ever hears of. */
export function isAboutOurTasks({ method, params }: McpRequest): boolean {
  if (method === 'subscriptions/listen') return watched(params).length > 0;
  const { taskId } = params;
  return method.startsWith('tasks/') && isOurTask(taskId);
}

/** Answers a request about tasks of ours. MCP Tasks; each is its own agent's alone, on behalf of whom it was made for (§"Auth binding"). */
export async function answerAboutTasks(
  parked: ParkedCalls,
  caller: TaskCaller,
  request: McpRequest,
  reply: TaskReply,
): Promise<void> {
  const { id, method, params } = request;
  if (!takesTasks(capabilitiesOf(params))) return reply.finish(missingTasks(id), 400);
  if (method === 'subscriptions/listen') return await watch(parked, caller, request, reply);
  const { taskId } = params;
  const call = typeof taskId === 'string' ? await reachedTask(parked, caller, taskId) : undefined;
  if (call === undefined) {
    const unknown = 'no such task, or its time is up';
    return reply.finish(errorMessage(id, -32602, unknown, { code: 'unknown_task' }));
  }
  switch (method) {
    case 'tasks/get':
      return reply.finish(complete(id, detailedTask(call)));
    case 'tasks/cancel':
      await parked.cancel(call);
      return reply.finish(complete(id));
    case 'tasks/update': {
      const { inputResponses } = params;
      if (!isObject(inputResponses))
        return reply.finish(errorMessage(id, -32602, 'inputResponses is missing', { code: 'bad_params' }));
      await parked.respond(call, inputResponses);
      return reply.finish(complete(id));
    }
    default:
      return reply.finish(errorMessage(id, -32601, 'unknown method', { code: 'unknown_method' }), 404);
  }
}

/** The answer to who asks about tasks and does not say that it takes them. */
export function missingTasks(id: MessageId): JsonObject {
  return errorMessage(id, MISSING_CAPABILITY, 'declare the tasks extension in this request', {
    requiredCapabilities: { extensions: { [TASKS]: {} } },
  });
}

/** Tells of each change of the tasks that it names, until the caller leaves. MCP Tasks §"Task Status Notifications". */
async function watch(
  parked: ParkedCalls,
  caller: TaskCaller,
  request: McpRequest,
  reply: TaskReply,
): Promise<void> {
  const { id, params } = request;
  const found = await Promise.all(
    watched(params).map(async (task) => await reachedTask(parked, caller, task)),
  );
  const calls = new Map(found.flatMap((call) => (call === undefined ? [] : [[call.id, call] as const])));
  if (!reply.stream())
    return reply.finish(errorMessage(id, -32600, 'accept text/event-stream', { code: 'no_stream' }), 406);
  const say = (method: string, more: JsonObject): void =>
    reply.event({ jsonrpc: '2.0', method, params: { _meta: { [SUBSCRIPTION]: id }, ...more } });
  const tell = (call: ParkedCall): void => {
    if (calls.has(call.id)) say('notifications/tasks', detailedTask(call));
  };
  const stop = parked.subscribe(tell);
  try {
    say('notifications/subscriptions/acknowledged', { notifications: { taskIds: [...calls.keys()] } });
    // What changed before we listened would never be told.
    for (const call of calls.values()) {
      const now = await parked.find(caller, call.id);
      if (now !== undefined) tell(now);
    }
    const { left } = reply;
    if (!left.aborted)
      await new Promise<void>((gone) => left.addEventListener('abort', () => gone(), { once: true }));
  } finally {
    stop();
  }
  // Whoever has left hears nothing; MCP 2026-07-28 §"Graceful Closure" where it is we who stop.
  reply.finish(complete(id, { _meta: { [SUBSCRIPTION]: id } }));
}

function watched(params: JsonObject): string[] {
  const { notifications } = params;
  const ids = isObject(notifications) ? notifications['taskIds'] : undefined;
  const named = Array.isArray(ids) ? (ids as readonly unknown[]) : [];
  return named
    .filter((id) => typeof id === 'string')
    .filter((id) => isOurTask(id))
    .slice(0, MAX_WATCHED);
}

function complete(id: MessageId, result: JsonObject = {}): JsonObject {
  return { jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } };
}

/** What a server that has no tasks of its own can do behind us: give some. MCP Tasks §"Capability Negotiation". */
export function withTasks(answer: JsonObject): JsonObject {
  const { result } = answer;
  if (!isObject(result)) return answer;
  const capabilities = isObject(result['capabilities']) ? result['capabilities'] : {};
  const extensions = isObject(capabilities['extensions']) ? capabilities['extensions'] : {};
  if (extensions[TASKS] !== undefined) return answer;
  return { ...answer, result: { ...result, capabilities: declaringTasks(capabilities) } };
}
