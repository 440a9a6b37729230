import type { JsonObject, JsonValue } from '@countersign/core';
import { CLIENT_CAPABILITIES, isObject, metaOf } from '../message.ts';
import { pause } from '../pause.ts';
import { capabilitiesOf, declaringTasks, TASKS } from '../pending/form.ts';
import { MISSING_CAPABILITY } from '../pending/wire.ts';
import { askedOf, MAX_ROUNDS, WITHOUT_END, type Asked } from './asked.ts';
import { MAX_FAILURES, pollInterval } from './poll-interval.ts';
import type { Responses } from './client-questions.ts';

// A call that a server of the newer era does as a task alone: who asked for it waits for its end, as for that of any other.

const WITHOUT_RESULT = 'its server does not say what came of it';
const UNHEARD = 'its server does not take the answer to what it asks';

/** Whether a server refuses a call because it could answer it with a task alone. SEP-2663 §"Capability Negotiation". */
export function needsTasks({ error }: JsonObject): boolean {
  if (!isObject(error) || error['code'] !== MISSING_CAPABILITY || !isObject(error['data'])) return false;
  const { requiredCapabilities } = error['data'];
  const extensions = isObject(requiredCapabilities) ? requiredCapabilities['extensions'] : undefined;
  return isObject(extensions) && Object.hasOwn(extensions, TASKS);
}

/** The same of a client that takes tasks. */
export function takingTasks(params: JsonObject): JsonObject {
  const declared = declaringTasks(capabilitiesOf(params));
  return { ...params, _meta: { ...metaOf(params), [CLIENT_CAPABILITIES]: declared } };
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
  // "Keys MUST be unique over the lifetime of a single task": one that was answered is not asked again, though said again until
  // the server has heard it.
  const given = new Map<string, { readonly response: JsonValue; heard: boolean }>();
  let rounds = 0;
  let unheard = 0;
  let interval: JsonValue | undefined;
  let current: JsonObject | undefined = task;
  for (let failures = 0; failures < MAX_FAILURES; failures = current === undefined ? failures + 1 : 0) {
    const { status, result, error, inputRequests, pollIntervalMs = interval }: JsonObject = current ?? {};
    interval = pollIntervalMs;
    if (status === 'completed')
      return isObject(result) ? { answer: { jsonrpc: '2.0', id: null, result } } : { cannot: WITHOUT_RESULT };
    if (status === 'failed') return { answer: { jsonrpc: '2.0', id: null, error: errorOf(error) } };
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
        for (const [key, response] of Object.entries(responses.given))
          given.set(key, { response, heard: false });
      }
      const due = [...given].filter(([key, { heard }]) => !heard && asked.has(key));
      if (due.length > 0) {
        const inputResponses = Object.fromEntries(due.map(([key, { response }]) => [key, response]));
        const isHeard = (await sides.about('tasks/update', { taskId, inputResponses })) !== undefined;
        for (const [, each] of due) each.heard = isHeard;
        unheard = isHeard ? 0 : unheard + 1;
        if (unheard >= MAX_FAILURES) {
          cancel();
          return sides.signal.aborted ? undefined : { cannot: UNHEARD };
        }
      }
    }
    await pause(pollInterval(interval), sides.signal);
    if (!sides.signal.aborted) current = await sides.about('tasks/get', { taskId });
  }
  if (sides.signal.aborted) cancel();
  return undefined;
}

/** What a client can read: one of a shape that is none would leave it waiting. */
function errorOf(error: JsonValue | undefined): JsonObject {
  const isError =
    isObject(error) && typeof error['code'] === 'number' && typeof error['message'] === 'string';
  return isError ? error : { code: -32603, message: 'the mcp server does not say why it failed' };
}
