import type { JsonObject } from '@countersign/core';
import { errorMessage, NOT_PERMITTED } from '../answers.ts';
import type { RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import { withParams } from '../made-message.ts';
import { isObject } from '../message.ts';
import type { ParkedCall } from '../port.ts';
import type { OnBehalf } from '../standing.ts';
import type { Link } from '../upstream.ts';
import {
  answerAboutLegacyTask,
  listLegacyTasks,
  withLegacyTasks,
  withTaskSupport,
  type TasksOf,
} from './legacy-tasks.ts';
import { legacyTaskCreated, statusNotification } from './legacy-wire.ts';
import type { ParkedCalls } from './parked-calls.ts';
import type { TaskCaller } from './reached-task.ts';
import type { TaskReply } from './tasks.ts';

/** The only revision with tasks in its core. */
const VERSION = '2025-11-25';
/** Who is told nothing of a task asks for it: a requestor "MUST NOT rely on receiving" what we tell. */
const MAX_FOLLOWED = 10_000;

/** One session of the older era, as far as its tasks need it. */
export type TaskSession = Pick<
  Link,
  'session' | 'capabilities' | 'notify' | 'exchange' | 'tools' | 'listTools'
>;

/** What a client asks of a call that is to be a task. */
export interface AskedTask {
  /** Whether we make it one even where it runs at once: its server knows no tasks. */
  readonly ours: boolean;
  /** How long the requestor wishes that it is kept; 0 where it does not say. */
  readonly ttlMs: number;
}

export type Prepared =
  { readonly request: McpRequest; readonly task?: AskedTask } | { readonly answer: JsonObject };

export interface SessionTasksOptions {
  readonly parked: ParkedCalls;
  readonly upstream: string;
  /** Whether the site lets calls become tasks here. */
  readonly offered: boolean;
}

/**
 * The tasks of MCP 2025-11-25 at one upstream, for clients that declare tasks. A server that has tasks of its own keeps
 * its word on each of its tools, and hears what it is asked; before one that has none we are who receives them, and it
 * never hears of any. What we add is added to what the client is told: the definitions that people review are the
 * server's own.
 */
export class SessionTasks {
  readonly #parked: ParkedCalls;
  readonly #upstream: string;
  readonly #offered: boolean;
  /** What the upstream itself declared, by the latest session. */
  #theirs: { readonly calls: boolean; readonly list: boolean } = { calls: false, list: false };
  /** Sessions that are told of a task, by its id. */
  readonly #followed = new Map<string, Map<string | undefined, TaskSession>>();

  constructor({ parked, upstream, offered }: SessionTasksOptions) {
    this.#parked = parked;
    this.#upstream = upstream;
    this.#offered = offered;
    parked.subscribe((call) => this.#tell(call));
  }

  /** What we add to the answer of a request, if anything. */
  amend(
    { era, method }: McpRequest,
    { capabilities }: Pick<TaskSession, 'capabilities'>,
  ): ((answer: JsonObject, session: string | undefined) => JsonObject) | undefined {
    if (era !== 'legacy' || !this.#serves(capabilities)) return undefined;
    if (method === 'initialize') return (answer, session) => this.#opened(answer, session);
    return method === 'tools/list' && !this.#theirs.calls ? withTaskSupport : undefined;
  }

  /** A request as it goes on, with the task that it asks to be; or the answer where it asks for tasks of ours. */
  async prepare(
    caller: OnBehalf & { readonly active: boolean },
    request: McpRequest,
    session: TaskSession,
  ): Promise<Prepared> {
    const { era, method } = request;
    if (era !== 'legacy' || !this.#serves(session.capabilities)) return { request };
    if (method === 'tools/call') return await this.#asked(request, session);
    // A suspended agent's requests are refused where they are decided on, and recorded.
    return method === 'tasks/list' && caller.active ? await this.#list(caller, request) : { request };
  }

  /** Runs a permitted call as a task of ours, in its own session. Resolves with the answer once the task is durable. */
  async begin(
    caller: OnBehalf,
    request: McpRequest,
    { ttlMs }: AskedTask,
    session: TaskSession,
    claim: RunningClaim | undefined,
  ): Promise<JsonObject> {
    const exchange = async (): Promise<JsonObject | undefined> => await session.exchange(request, claim);
    let call: ParkedCall | 'too_many' | undefined;
    try {
      call = await this.#parked.begin(caller, this.#upstream, request, { exchange, claim, ttlMs });
    } finally {
      // What cannot be kept is not sent either, and the use that was spent on it is reported.
      if (typeof call !== 'object') await claim?.settle('denied-not-executed');
    }
    if (call !== 'too_many') return this.follow(legacyTaskCreated(request.id, call), session);
    const full = 'NOT RUN. Too many tasks of this agent are unfinished already.';
    return errorMessage(request.id, NOT_PERMITTED, full, { code: 'too_many_tasks' });
  }

  /** Tells a session of each change of the task that an answer creates; answers that answer. §"Task Status Notification". */
  follow(answer: JsonObject, session: TaskSession): JsonObject {
    const { result } = answer;
    const task = isObject(result) ? result['task'] : undefined;
    const id = isObject(task) ? task['taskId'] : undefined;
    if (typeof id !== 'string') return answer;
    const sessions = this.#followed.get(id) ?? new Map<string | undefined, TaskSession>();
    const [oldest] = this.#followed.keys();
    if (this.#followed.size >= MAX_FOLLOWED && oldest !== undefined) this.#followed.delete(oldest);
    this.#followed.set(id, sessions.set(session.session, session));
    return answer;
  }

  async answer(caller: TaskCaller, request: McpRequest, reply: TaskReply): Promise<void> {
    await answerAboutLegacyTask(this.#parked, caller, request, reply);
  }

  async #asked(request: McpRequest, session: TaskSession): Promise<Prepared> {
    const { task, ...params } = request.params;
    if (!isObject(task)) return { request };
    const { ttl } = task;
    const ttlMs = typeof ttl === 'number' && ttl > 0 ? ttl : 0;
    if (!this.#theirs.calls) return { request: withParams(request, params), task: { ours: true, ttlMs } };
    const list = async (cursor: string | undefined): Promise<JsonObject> =>
      await session.listTools(request, cursor);
    const found = await session.tools.find(params['name'], 'known', list).catch(() => undefined);
    // A tool that is no task there is refused there.
    const may = found?.taskSupport === 'optional' || found?.taskSupport === 'required';
    return may ? { request, task: { ours: false, ttlMs } } : { request };
  }

  async #list(caller: OnBehalf, request: McpRequest): Promise<Prepared> {
    const listed = await listLegacyTasks(this.#parked, this.#of(caller), request, this.#theirs.list);
    return 'answer' in listed ? listed : { request: withParams(request, listed.params) };
  }

  /** §"Capabilities": parties that take part in tasks declare them. */
  #serves(capabilities: JsonObject): boolean {
    return this.#offered && isObject(capabilities['tasks']);
  }

  #of(caller: OnBehalf): TasksOf {
    return { caller, upstream: this.#upstream };
  }

  /** Without a session nobody is known again, so nobody is told of tasks. */
  #opened(answer: JsonObject, session: string | undefined): JsonObject {
    const { result } = answer;
    if (session === undefined || !isObject(result) || result['protocolVersion'] !== VERSION) return answer;
    const tasks = member(result['capabilities'], 'tasks');
    this.#theirs = {
      calls: member(member(member(tasks, 'requests'), 'tools'), 'call') !== undefined,
      list: member(tasks, 'list') !== undefined,
    };
    return this.#theirs.calls ? answer : withLegacyTasks(answer);
  }

  #tell(call: ParkedCall): void {
    const sessions = this.#followed.get(call.id);
    if (sessions === undefined) return;
    if (call.state === 'ended' || call.state === 'cancelled') this.#followed.delete(call.id);
    for (const session of sessions.values()) session.notify(statusNotification(call));
  }
}

function member(value: JsonObject[string] | undefined, name: string): JsonObject[string] | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
