import type { JsonObject } from '@countersign/core';
import { errorMessage } from '../answers.ts';
import type { McpRequest } from '../conversation.ts';
import { isObject, type MessageId } from '../message.ts';
import type { ParkedCall } from '../port.ts';
import { notRun } from './endings.ts';
import { legacyResult, legacyTask } from './legacy-wire.ts';
import type { ParkedCalls } from './parked-calls.ts';
import { reachedTask, type TaskCaller } from './reached-task.ts';
import { isOurTask } from './task-id.ts';
import type { TaskReply } from './tasks.ts';

/** A page of ours, and the name of the upstream's own first page after them. */
const PAGE = 100;
const CURSOR = 'countersign.';
const THEIRS = `${CURSOR}upstream`;

/** Whose tasks are listed, at which upstream: nobody else's are. §"Task Isolation and Access Control". */
export interface TasksOf {
  readonly caller: TaskCaller;
  readonly upstream: string;
}

/** Answers `tasks/get`, `tasks/result` and `tasks/cancel` about a task of ours. MCP 2025-11-25 §"Tasks". */
export async function answerAboutLegacyTask(
  parked: ParkedCalls,
  caller: TaskCaller,
  { id, method, params }: McpRequest,
  reply: TaskReply,
): Promise<void> {
  const { taskId } = params;
  const call = typeof taskId === 'string' ? await reachedTask(parked, caller, taskId) : undefined;
  if (call === undefined) {
    const unknown = 'no such task, or its time is up';
    return reply.finish(errorMessage(id, -32602, unknown, { code: 'unknown_task' }));
  }
  switch (method) {
    case 'tasks/get':
      return reply.finish({ jsonrpc: '2.0', id, result: legacyTask(call) });
    case 'tasks/cancel':
      if (isOver(call)) return reply.finish(cancelled(id, { ...call, state: 'ended' }));
      await parked.cancel(call);
      return reply.finish(cancelled(id, await reachedTask(parked, caller, call.id)));
    case 'tasks/result':
      return await answerWithResult(parked, caller, call.id, id, reply);
    default:
      return reply.finish(errorMessage(id, -32601, 'unknown method', { code: 'unknown_method' }));
  }
}

/** What lost the race to a claim runs, and no word of ours makes it undone: it is not called cancelled. */
function cancelled(id: MessageId, call: ParkedCall | undefined): JsonObject {
  if (call?.state === 'cancelled') return { jsonrpc: '2.0', id, result: legacyTask(call) };
  const over = call === undefined || call.state === 'ended';
  const why = over ? 'it has ended already' : 'it is running already';
  return errorMessage(id, -32602, `the task cannot be cancelled: ${why}`, { code: 'too_late' });
}

/** §"Result Retrieval": "MUST block the response until the task reaches a terminal status". */
async function answerWithResult(
  parked: ParkedCalls,
  caller: TaskCaller,
  taskId: string,
  id: MessageId,
  reply: TaskReply,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const stop = parked.subscribe((call) => {
    if (call.id === taskId && isOver(call)) ended.resolve();
  });
  reply.left.addEventListener('abort', () => ended.resolve(), { once: true });
  try {
    // What ended before we listened would never be told.
    const now = await reachedTask(parked, caller, taskId);
    if (now !== undefined && !isOver(now) && !reply.left.aborted) {
      reply.stream();
      await ended.promise;
    }
  } finally {
    stop();
  }
  const call = await reachedTask(parked, caller, taskId);
  if (call === undefined || !isOver(call)) {
    const stopping = 'the task has not ended, and we stop: ask again';
    return reply.finish(errorMessage(id, -32603, stopping, { code: 'stopping' }));
  }
  if (call.state !== 'cancelled') return reply.finish(legacyResult(id, call));
  const withdrawn = notRun(call, { kind: 'ended', request_id: call.request, status: 'cancelled' });
  reply.finish(legacyResult(id, { ...call, answer: withdrawn }));
}

function isOver({ state }: ParkedCall): boolean {
  return state === 'ended' || state === 'cancelled';
}

/**
 * A page of ours, which come first; undefined where none is left and the upstream's own are asked for, with the params
 * that it is asked by. §"Listing Tasks".
 */
export async function listLegacyTasks(
  parked: ParkedCalls,
  { caller, upstream }: TasksOf,
  { id, params }: McpRequest,
  theirsToo: boolean,
): Promise<{ readonly answer: JsonObject } | { readonly params: JsonObject }> {
  const { cursor, ...first } = params;
  if (cursor === THEIRS && theirsToo) return { params: first };
  const after = typeof cursor === 'string' && cursor.startsWith(CURSOR) ? cursor.slice(CURSOR.length) : '';
  if (cursor !== undefined && after === '' && theirsToo) return { params };
  if (cursor !== undefined && !isOurTask(after)) {
    return { answer: errorMessage(id, -32602, 'no such cursor', { code: 'unknown_cursor' }) };
  }
  const found = await parked.list(caller, upstream, after, PAGE + 1);
  if (found.length === 0 && cursor === undefined && theirsToo) return { params };
  const page = found.slice(0, PAGE);
  const next = found.length > PAGE ? `${CURSOR}${page.at(-1)?.id ?? ''}` : theirsToo ? THEIRS : undefined;
  const result = { tasks: page.map(legacyTask), ...(next === undefined ? {} : { nextCursor: next }) };
  return { answer: { jsonrpc: '2.0', id, result } };
}

/** What a server that has no tasks of its own can do behind us. §"Capabilities". */
export function withLegacyTasks(answer: JsonObject): JsonObject {
  const { result } = answer;
  if (!isObject(result)) return answer;
  const { capabilities } = result;
  const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
  const all = { ...(isObject(capabilities) ? capabilities : {}), tasks };
  return { ...answer, result: { ...result, capabilities: all } };
}

/** Tools of such a server: each may be called as a task, which any of them becomes that waits for people. */
export function withTaskSupport(answer: JsonObject): JsonObject {
  const { result } = answer;
  if (!isObject(result) || !Array.isArray(result['tools'])) return answer;
  const tools = (result['tools'] as readonly JsonObject[]).map((tool) => {
    if (!isObject(tool)) return tool;
    const { execution } = tool;
    return { ...tool, execution: { ...(isObject(execution) ? execution : {}), taskSupport: 'optional' } };
  });
  return { ...answer, result: { ...result, tools } };
}
