import type { JsonObject } from '@countersign/core';
import { errorMessage, spentState } from '../answers.ts';
import type { RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import { requestOf } from '../made-message.ts';
import { isId, isObject, metaOf, type ClientMessage, type MessageId } from '../message.ts';
import { capabilitiesOf, takesTasks } from '../pending/form.ts';
import { missingTasks } from '../pending/tasks.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';
import { UpstreamAway } from '../upstream-away.ts';
import { toModernAnswer } from './answers.ts';
import { askingResult, type Asked } from './asked.ts';
import { mayBeAsked } from './capabilities.ts';
import { pagesOf } from './errors.ts';
import { HeldCall, type Round } from './held-call.ts';
import type { HeldCalls } from './held-calls.ts';
import { toDiscoverResult } from './introductions.ts';
import { Listeners } from './listeners.ts';
import { coversLevel, isHeard, isLevel } from './notifications.ts';
import type { Converted, Peer, Running } from './peer.ts';
import {
  asTask,
  cancelsTasks,
  legacyTaskIn,
  related,
  relatedTask,
  resultOfTask,
  takesToolTasks,
} from './legacy-task.ts';
import { RunningCall } from './running-call.ts';
import { LOG_LEVEL, MAY_ASK, toLegacyRequest } from './wording.ts';

/** What a session of ours is to those who use it. */
export interface SessionOptions {
  readonly agent: string;
  readonly peer: Peer;
  /** What the server said to `initialize`. */
  readonly server: JsonObject;
  readonly held: HeldCalls;
}

/** A session of ours at a server of the older era, for requests of the newer one which declare the same. */
export class LegacySession implements Converted {
  readonly #options: SessionOptions;
  readonly #listeners: Listeners;
  /** Calls that the server has and has not answered, the latest last. */
  readonly #running = new Map<HeldCall, McpRequest>();
  /** Those among them that are tasks there. */
  readonly #tasks = new Map<string, HeldCall>();
  readonly #capabilities: JsonObject;
  #level: string | undefined;
  #count = 0;
  usedAt: number = Date.now();

  constructor(options: SessionOptions) {
    this.#options = options;
    const { capabilities } = options.server;
    this.#capabilities = isObject(capabilities) ? capabilities : {};
    this.#listeners = new Listeners({
      capabilities: this.#capabilities,
      ask: (method, params) => this.#ask(method, params),
    });
  }

  get tools(): ToolDefinitions {
    return this.#options.peer.tools;
  }

  get busy(): boolean {
    return this.#running.size > 0 || this.#listeners.size > 0;
  }

  async listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return await this.#options.peer.listTools(toLegacyRequest(request), cursor);
  }

  async read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return await this.#options.peer.read(toLegacyRequest(request), tool, args);
  }

  /** The newer era has no message of a client's that a server of the older one would want. */
  pass(): Promise<void> {
    return Promise.resolve();
  }

  /** Nobody listens or waits for a task any more: that is cancelled. What else runs ends with the server's answer, or with its connection. */
  async close(): Promise<void> {
    this.#listeners.close();
    const given = { reason: 'the gateway stops' };
    await Promise.all([...this.#tasks.values()].map((call) => call.cancel(given)));
  }

  run(request: McpRequest, claim: RunningClaim | undefined, say: (message: JsonObject) => void): Running {
    this.usedAt = Date.now();
    const { id, method } = request;
    switch (method) {
      case 'ping':
        return answered(id, errorMessage(id, -32601, 'unknown method', { code: 'unknown_method' }), claim);
      case 'server/discover':
        return answered(id, { result: toDiscoverResult(this.#options.server) }, claim);
      case 'subscriptions/listen':
        return this.#listeners.listen(request, claim, say);
      case 'tasks/get':
      case 'tasks/update':
      case 'tasks/cancel':
        return answered(id, noTask(request), claim);
      default:
        return this.#call(request, claim, say);
    }
  }

  /** What the server says of no request in particular: to whom it may belong, or to nobody. */
  heardApart(message: JsonObject): void {
    const { id, method, params } = message;
    const given = isObject(params) ? params : {};
    if (typeof method !== 'string') return;
    if (isId(id)) {
      const latest = [...this.#running].findLast(
        ([each, { method: of }]) => MAY_ASK.has(of) && each.listening,
      );
      const [call, request] = this.#ofTask(given) ?? latest ?? [];
      if (call === undefined || request === undefined) this.#cannotAsk(id, method);
      else this.#asked(call, request, id, { method, params: given });
      return;
    }
    if (method === 'notifications/message') {
      const [call] = [...this.#running].findLast(([, request]) => hearsLog(request, given)) ?? [];
      call?.say(message);
      return;
    }
    if (method === 'notifications/tools/list_changed') this.tools.forget();
    this.#listeners.tell(method, given);
  }

  #call(request: McpRequest, claim: RunningClaim | undefined, say: (message: JsonObject) => void): Running {
    const { agent, held } = this.#options;
    const { id, params } = request;
    const kept = held.take(agent, request);
    if (kept === 'spent') return answered(id, spentState(id), claim);
    const call = kept ?? this.#send(request);
    const round: Round = { id, claim, say, keep: () => held.keep(agent, request, call) };
    const { inputResponses } = params;
    kept?.respond(isObject(inputResponses) ? inputResponses : {});
    return { answer: call.next(round), cancel: (cancelled) => void call.cancel(cancelled) };
  }

  #send(request: McpRequest): HeldCall {
    const { peer } = this.#options;
    const running = new RunningCall();
    let task: string | undefined;
    const call = new HeldCall({
      respond: (id, outcome, asked) => this.#respond(id, related(outcome, asked.params)),
      cancel: (params) => {
        running.cancel(params);
        if (task !== undefined) this.#cancelTask(task);
      },
    });
    this.#running.set(call, request);
    const sent = async (): Promise<void> => {
      await this.#setLevel(metaOf(request.params)[LOG_LEVEL]);
      const own = toLegacyRequest(request);
      const isTask = await this.#isTaskAlone(request);
      const heard = (message: JsonObject): void => this.#heard(call, request, message);
      // §"Cancellation": for a call as a task "`tasks/cancel` MUST be used instead", which takes the name that its answer tells.
      let answer = isTask
        ? await running.whole(() => peer.send(asTask(own), heard))
        : await running.exchange(() => peer.send(own, heard));
      task = isTask ? answer && legacyTaskIn(answer) : undefined;
      if (task !== undefined && running.signal.aborted) return this.#cancelTask(task);
      if (task !== undefined) {
        this.#tasks.set(task, call);
        answer = await resultOfTask(task, running, (waiting) =>
          peer.send(waiting, (message) => {
            // The token of its progress was that of a request that has been answered.
            if (message['method'] !== 'notifications/progress') heard(message);
          }),
        );
      }
      await call.end(answer && this.#answerOf(request, answer));
    };
    sent()
      // Whether it arrived there, nobody knows, unless it was not even sent.
      .catch((error: unknown) => (error instanceof UpstreamAway ? call.unsent(error) : call.end(undefined)))
      .finally(() => {
        this.#running.delete(call);
        if (task !== undefined && this.#tasks.get(task) === call) this.#tasks.delete(task);
        this.usedAt = Date.now();
      });
    return call;
  }

  #cancelTask(taskId: string): void {
    if (cancelsTasks(this.#capabilities)) void this.#ask('tasks/cancel', { taskId }).catch(() => {});
  }

  /** Whether the server does it as a task or not at all. */
  async #isTaskAlone(request: McpRequest): Promise<boolean> {
    if (request.method !== 'tools/call' || !takesToolTasks(this.#capabilities)) return false;
    const list = (cursor: string | undefined): Promise<JsonObject> => this.listTools(request, cursor);
    const found = await this.tools.find(request.params['name'], 'known', list);
    return found?.taskSupport === 'required';
  }

  #answerOf(request: McpRequest, answer: JsonObject): JsonObject {
    const { serverInfo } = this.#options.server;
    const { method } = request;
    const pages = isObject(answer['error']) ? pagesOf(answer['error']) : [];
    const asked = pages.map((params): Asked => ({ method: 'elicitation/create', params }));
    const canOpen = asked.every((each) => may(request, each));
    // Who has opened the pages makes the call again, in both eras.
    if (asked.length > 0 && canOpen && MAY_ASK.has(method))
      return {
        jsonrpc: '2.0',
        id: request.id,
        result: askingResult(new Map(asked.map((each, at) => [`page-${at}`, each]))),
      };
    return toModernAnswer(method, answer, isObject(serverInfo) ? serverInfo : undefined);
  }

  #heard(call: HeldCall, request: McpRequest, message: JsonObject): void {
    const { id, method, params } = message;
    const given = isObject(params) ? params : {};
    if (typeof method !== 'string') return;
    if (isId(id)) this.#asked(...(this.#ofTask(given) ?? [call, request]), id, { method, params: given });
    else if (method === 'notifications/progress') call.say(message);
    else if (method === 'notifications/message') {
      if (hearsLog(request, given)) call.say(message);
      else this.heardApart(message);
    } else this.heardApart(message);
  }

  /** The call of the task that a message names: it may come on any stream. §"Input Required Status". */
  #ofTask(params: JsonObject): readonly [HeldCall, McpRequest] | undefined {
    const call = this.#tasks.get(relatedTask(params) ?? '');
    const request = call && this.#running.get(call);
    return call && request && [call, request];
  }

  #asked(call: HeldCall, request: McpRequest, id: MessageId, asked: Asked): void {
    if (asked.method === 'ping') this.#respond(id, { result: {} });
    else if (MAY_ASK.has(request.method) && may(request, asked)) call.ask(id, asked);
    else this.#cannotAsk(id, asked.method);
  }

  #cannotAsk(id: MessageId, method: string): void {
    if (method === 'ping') this.#respond(id, { result: {} });
    else this.#respond(id, { error: { code: -32601, message: 'the client cannot be asked this now' } });
  }

  #respond(id: MessageId, outcome: JsonObject): void {
    const message: ClientMessage = { kind: 'response', id, value: { jsonrpc: '2.0', id, ...outcome } };
    void this.#options.peer.tell(message).catch(() => {});
  }

  /** A session has one level: the most talkative that anybody asked for. Each hears what it asked for. */
  async #setLevel(level: JsonObject[string] | undefined): Promise<void> {
    if (!isLevel(level) || !isObject(this.#capabilities['logging']) || coversLevel(this.#level, level))
      return;
    this.#level = level;
    await this.#ask('logging/setLevel', { level });
  }

  async #ask(method: string, params: JsonObject): Promise<JsonObject | undefined> {
    const id = `countersign-${++this.#count}`;
    return await this.#options.peer.send(requestOf(id, method, params, 'legacy'), () => {}).answer;
  }
}

/** A server of the older era has tasks of another kind, whose ends we wait for ourselves: so there is none. */
function noTask({ id, params }: McpRequest): JsonObject {
  return takesTasks(capabilitiesOf(params))
    ? errorMessage(id, -32602, 'no such task, or its time is up', { code: 'unknown_task' })
    : missingTasks(id);
}

/** Whether who sent this request may be asked this. */
function may(request: McpRequest, { method, params }: Asked): boolean {
  return mayBeAsked(capabilitiesOf(request.params), method, params);
}

/** An answer that needs nobody: an error among them says that nothing was sent. */
function answered(id: MessageId, outcome: JsonObject, claim?: RunningClaim): Running {
  const message: JsonObject = { jsonrpc: '2.0', ...outcome, id };
  const reported = message['error'] === undefined ? claim?.answered(message) : claim?.unsent();
  return { answer: Promise.resolve(reported).then(() => message), cancel: () => {} };
}

function hearsLog({ params }: McpRequest, { level }: JsonObject): boolean {
  return isHeard(metaOf(params)[LOG_LEVEL], level);
}
