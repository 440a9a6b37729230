import type { JsonObject } from '@countersign/core';
import { CLIENT_CAPABILITIES, isObject, metaOf } from '../message.ts';
import { pause } from '../pause.ts';
import { TASKS } from '../pending/form.ts';
import { MISSING_CAPABILITY } from '../pending/wire.ts';
import { askedOf, MAX_ROUNDS, WITHOUT_END, type Asked } from './asked.ts';
import type { Responses } from './client-questions.ts';

// A call that a server of the newer era does as a task alone: who asked for it waits for its end, as for that of any other.

/** How often in a row a server may fail to say how a task stands. */
const MAX_FAILURES = 5;
const POLL_MS = 1000;
const LEAST_POLL_MS = 50;
const LONGEST_POLL_MS = 10_000;

/** Whether a server refuses a call because it could answer it with a task alone. SEP-2663 §"Capability Negotiation". */
export function needsTasks({ error }: JsonObject): boolean {
  if (!isObject(error) || error['code'] !== MISSING_CAPABILITY || !isObject(error['data'])) return false;
  const { requiredCapabilities } = error['data'];
  const extensions = isObject(requiredCapabilities) ? requiredCapabilities['extensions'] : undefined;
  return isObject(extensions) && Object.hasOwn(extensions, TASKS);
}

/** The same of a client that takes tasks. */
export function takingTasks(params: JsonObject): JsonObject {
  const meta = metaOf(params);
  const declared = meta[CLIENT_CAPABILITIES];
  const { extensions, ...rest } = isObject(declared) ? declared : {};
  const all = { ...(isObject(extensions) ? extensions : {}), [TASKS]: {} };
  return { ...params, _meta: { ...meta, [CLIENT_CAPABILITIES]: { ...rest, extensions: all } } };
}

/** The task that an answer says its call has become. */
export function modernTaskIn({ result }: JsonObject): JsonObject | undefined {
  const isTask = isObject(result) && result['resultType'] === 'task' && typeof result['taskId'] === 'string';
  return isTask ? result : undefined;
}

/** How to speak of a task to its server, and to the client for it. */
export interface TaskSides {
  readonly signal: AbortSignal;
  /** Resolves with the result; with undefined where there is none, or the call is cancelled, whose task can be all the same. */
  readonly about: (
    method: 'tasks/get' | 'tasks/update' | 'tasks/cancel',
    params: JsonObject,
  ) => Promise<JsonObject | undefined>;
  readonly ask: (asked: ReadonlyMap<string, Asked>) => Promise<Responses>;
}

/**
 * What the call would have been answered, when its task has ended; or why it ends without. Undefined where nobody knows, as
 * when the call was cancelled: then its task is.
 */
export async function endOfTask(
  task: JsonObject,
  sides: TaskSides,
): Promise<{ readonly answer: JsonObject } | { readonly cannot: string } | undefined> {
  const { taskId = '' } = task;
  const cancel = (): void => void sides.about('tasks/cancel', { taskId }).catch(() => {});
  // "Keys MUST be unique over the lifetime of a single task": one that was answered is not asked again.
  const given = new Set<string>();
  let rounds = 0;
  let current: JsonObject | undefined = task;
  for (let failures = 0; failures < MAX_FAILURES; failures = current === undefined ? failures + 1 : 0) {
    const { status, result, error, inputRequests }: JsonObject = current ?? {};
    if (status === 'completed') return { answer: { jsonrpc: '2.0', id: null, result: result ?? {} } };
    if (status === 'failed') return { answer: { jsonrpc: '2.0', id: null, error: error ?? {} } };
    if (status === 'cancelled') return { cannot: 'its server cancelled it' };
    if (sides.signal.aborted) break;
    if (status === 'input_required' && inputRequests !== undefined) {
      const asked = askedOf({ resultType: 'input_required', inputRequests }) ?? new Map<string, Asked>();
      const fresh = new Map([...asked].filter(([key]) => !given.has(key)));
      if (fresh.size > 0) {
        const responses = ++rounds > MAX_ROUNDS ? { cannot: WITHOUT_END } : await sides.ask(fresh);
        if ('cannot' in responses) {
          cancel();
          return sides.signal.aborted ? undefined : responses;
        }
        await sides.about('tasks/update', { taskId, inputResponses: responses.given });
        for (const key of fresh.keys()) given.add(key);
      }
    }
    await pause(restOf(current ?? task), sides.signal);
    if (!sides.signal.aborted) current = await sides.about('tasks/get', { taskId });
  }
  if (sides.signal.aborted) cancel();
  return undefined;
}

function restOf({ pollIntervalMs }: JsonObject): number {
  if (typeof pollIntervalMs !== 'number') return POLL_MS;
  return Math.min(Math.max(pollIntervalMs, LEAST_POLL_MS), LONGEST_POLL_MS);
}
