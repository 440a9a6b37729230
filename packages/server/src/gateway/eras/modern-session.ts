import type { JsonObject } from '@countersign/core';
import { errorMessage } from '../answers.ts';
import type { RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import { requestOf } from '../made-message.ts';
import { isId, isObject, type ClientMessage, type MessageId } from '../message.ts';
import { pause } from '../pause.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';
import { UpstreamAway } from '../upstream-away.ts';
import { toLegacyAnswer } from './answers.ts';
import { askedOf, MAX_ROUNDS, WITHOUT_END } from './asked.ts';
import { ClientQuestions } from './client-questions.ts';
import { toInitializeResult } from './introductions.ts';
import { isHeard, isLevel, offSubscription } from './notifications.ts';
import type { Converted, Peer, PeerExchange, Running } from './peer.ts';
import { endOfTask, modernTaskIn, needsTasks, takingTasks } from './modern-task.ts';
import { discover } from './spoken.ts';
import { RunningCall } from './running-call.ts';
import { Subscription } from './subscription.ts';
import { toModernRequest, type Introduction } from './wording.ts';

/** Between two rounds in which nobody is asked. */
const REST_MS = 250;

/** What a client of the older era is to a server of the newer one: it introduces itself once, which we repeat with each request. */
export class ModernSession implements Converted {
  readonly #peer: Peer;
  readonly #tell: (message: JsonObject) => void;
  readonly #questions: ClientQuestions;
  readonly #subscription: Subscription;
  readonly #closed = new AbortController();
  #who: Introduction;
  #server: JsonObject = {};
  #count = 0;

  /** `tell` says to the client what belongs to no request of its own. */
  constructor(peer: Peer, initialize: McpRequest, tell: (message: JsonObject) => void) {
    const { clientInfo, capabilities } = initialize.params;
    this.#peer = peer;
    this.#tell = tell;
    this.#who = {
      clientInfo: isObject(clientInfo) ? clientInfo : undefined,
      capabilities: isObject(capabilities) ? capabilities : {},
    };
    this.#questions = new ClientQuestions(this.#who.capabilities);
    this.#subscription = new Subscription({
      capabilities: () => this.#capabilities,
      listen: (notifications, heard) => this.#listen(notifications, heard),
      told: (message) => {
        if (message['method'] === 'notifications/tools/list_changed') this.tools.forget();
        tell(offSubscription(message));
      },
    });
  }

  get tools(): ToolDefinitions {
    return this.#peer.tools;
  }

  async listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return await this.#peer.listTools(this.#modern(request), cursor);
  }

  async read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return await this.#peer.read(this.#modern(request), tool, args);
  }

  /** The newer era wants no notification of a client's; an answer goes to whoever asked. */
  pass(message: ClientMessage): Promise<void> {
    if (message.kind === 'response') this.#questions.answered(message);
    return Promise.resolve();
  }

  /** What a server over stdio says of no request of ours in particular: of the newer era nothing but logs. */
  heardApart(message: JsonObject): void {
    if (message['method'] === 'notifications/message') this.#heard(message, this.#tell);
  }

  /** Tells of what changes from now on. */
  listen(): void {
    void this.#subscription.open().catch(() => {});
  }

  /** Nobody waits for a task any more either: it is cancelled, where its server can still be told. */
  close(): void {
    this.#closed.abort();
    this.#subscription.close();
    this.#questions.close();
  }

  run(request: McpRequest, claim: RunningClaim | undefined, say: (message: JsonObject) => void): Running {
    const { id } = request;
    const running = new RunningCall();
    const answer = this.#answer(request, claim, say, running)
      .catch(async (error: unknown) => {
        // Whether it arrived there, nobody knows, unless it was not even sent.
        if (!(error instanceof UpstreamAway)) return undefined;
        await claim?.unsent();
        throw error;
      })
      .then(async (found) => {
        const message = found && { ...found, id };
        await claim?.answered(message);
        return message;
      });
    return { answer, cancel: (cancelled) => running.cancel(cancelled) };
  }

  async #answer(
    request: McpRequest,
    claim: RunningClaim | undefined,
    say: (message: JsonObject) => void,
    running: RunningCall,
  ): Promise<JsonObject | undefined> {
    const { id, method, params } = request;
    switch (method) {
      case 'ping':
        return done(id);
      case 'initialize':
        return await this.#initialize(request, running);
      case 'logging/setLevel':
        if (!isObject(this.#capabilities['logging'])) return unknown(id);
        if (!isLevel(params['level']))
          return errorMessage(id, -32602, 'no such level', { code: 'bad_params' });
        this.#who = { ...this.#who, logLevel: params['level'] };
        return done(id);
      case 'resources/subscribe':
      case 'resources/unsubscribe':
        return await this.#subscribe(request);
      case 'tasks/list':
      case 'tasks/get':
      case 'tasks/result':
      case 'tasks/cancel':
        return errorMessage(id, -32601, NO_TASKS, { code: 'no_counterpart' });
      default:
        return await this.#call(request, claim, say, running);
    }
  }

  async #initialize({ id, params }: McpRequest, running: RunningCall): Promise<JsonObject | undefined> {
    const answer = await running.exchange(() => this.#peer.send(discover(), () => {}));
    const result = answer?.['result'];
    if (answer === undefined || !isObject(result)) return answer && toLegacyAnswer('initialize', answer);
    this.#server = result;
    return { jsonrpc: '2.0', id, result: toInitializeResult(result, params['protocolVersion']) };
  }

  async #subscribe({ id, method, params: { uri } }: McpRequest): Promise<JsonObject> {
    const { resources } = this.#capabilities;
    if (!isObject(resources) || resources['subscribe'] !== true) return unknown(id);
    if (typeof uri !== 'string') return errorMessage(id, -32602, 'uri is missing', { code: 'bad_params' });
    if (method === 'resources/unsubscribe') {
      await this.#subscription.remove(uri);
      return done(id);
    }
    return (await this.#subscription.add(uri))
      ? done(id)
      : errorMessage(id, -32603, 'the mcp server does not tell of this resource', { code: 'not_subscribed' });
  }

  /** The call and its retries: what the server asks in an answer, the client is asked by a request on the call's own stream. */
  async #call(
    request: McpRequest,
    claim: RunningClaim | undefined,
    say: (message: JsonObject) => void,
    running: RunningCall,
  ): Promise<JsonObject | undefined> {
    // The claim is spent on this call however often its server asks; it ends with the last answer.
    claim?.whenAsked(() => {});
    const { method } = request;
    let more: JsonObject = {};
    let isTask = false;
    let begun = false;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { params } = this.#modern(request);
      const own = { ...(isTask ? takingTasks(params) : params), ...more };
      const sent = requestOf(++this.#count, method, own, 'modern');
      const send = (): PeerExchange => this.#peer.send(sent, (message) => this.#heard(message, say));
      const exchanged = isTask ? running.whole(send) : running.exchange(send);
      // The server had the call before it asked: what came of that is not known where the rest cannot be sent.
      const answer = await (begun ? exchanged.catch(() => undefined) : exchanged);
      // SEP-2663 §"Supported Methods": there is one.
      if (!isTask && method === 'tools/call' && answer !== undefined && needsTasks(answer)) {
        isTask = true;
        continue;
      }
      begun = true;
      // One that nobody asked for runs all the same.
      const task = method === 'tools/call' && answer !== undefined ? modernTaskIn(answer) : undefined;
      if (task !== undefined) {
        const end = await this.#endOf(task, say, running);
        if (end !== undefined && 'cannot' in end) return await this.#unanswered(request, claim, end.cannot);
        return end && toLegacyAnswer(method, end.answer);
      }
      const result = answer?.['result'];
      if (isObject(result) && !RESULT_TYPES.has(result['resultType']))
        return await this.#unanswered(request, claim, 'its server answers in a way of its own');
      const asked = isObject(result) ? askedOf(result) : undefined;
      if (asked === undefined || !isObject(result)) return answer && toLegacyAnswer(method, answer);
      const { requestState } = result;
      if (asked.size === 0) await pause(REST_MS, running.signal);
      const responses = await this.#questions.ask(asked, say, running.signal);
      if (running.signal.aborted) return undefined;
      if ('cannot' in responses) {
        return await this.#unanswered(request, claim, responses.cannot);
      }
      more = { inputResponses: responses.given, ...(requestState === undefined ? {} : { requestState }) };
    }
    return await this.#unanswered(request, claim, WITHOUT_END);
  }

  async #endOf(
    task: JsonObject,
    say: (message: JsonObject) => void,
    running: RunningCall,
  ): ReturnType<typeof endOfTask> {
    const signal = AbortSignal.any([running.signal, this.#closed.signal]);
    return await endOfTask(task, {
      signal,
      about: async (method, params) => {
        const own = this.#modern(requestOf(++this.#count, method, params, 'legacy'));
        const about = requestOf(own.id, method, takingTasks(own.params), 'modern');
        const begin = (): PeerExchange => this.#peer.send(about, () => {});
        const sent = method === 'tasks/cancel' ? begin().answer : running.exchange(begin);
        const result = (await sent.catch(() => undefined))?.['result'];
        return isObject(result) ? result : undefined;
      },
      ask: (asked) => this.#questions.ask(asked, say, signal),
    });
  }

  /** What a server did before it asked, nobody knows. */
  async #unanswered(request: McpRequest, claim: RunningClaim | undefined, why: string): Promise<JsonObject> {
    await claim?.settle('outcome-unknown');
    return unanswered(request, why);
  }

  #heard(message: JsonObject, say: (message: JsonObject) => void): void {
    const { id, method, params } = message;
    if (isId(id)) return;
    const { level } = isObject(params) ? params : {};
    if (method === 'notifications/message' && !isHeard(this.#who.logLevel, level)) return;
    say(message);
  }

  #listen(notifications: JsonObject, heard: (message: JsonObject) => void): PeerExchange {
    const listen = requestOf(++this.#count, 'subscriptions/listen', { notifications }, 'legacy');
    return this.#peer.send(toModernRequest(listen, { ...this.#who, logLevel: undefined }), heard);
  }

  #modern(request: McpRequest): McpRequest {
    return toModernRequest(request, this.#who);
  }

  get #capabilities(): JsonObject {
    const { capabilities } = this.#server;
    return isObject(capabilities) ? capabilities : {};
  }
}

/** MCP 2026-07-28 §"Result Responses": another "MUST be considered invalid", none counts as `complete`. */
const RESULT_TYPES: ReadonlySet<JsonObject[string] | undefined> = new Set([
  undefined,
  'complete',
  'input_required',
]);

const NO_TASKS = 'the tasks of this server are of a newer revision than yours';

function done(id: MessageId): JsonObject {
  return { jsonrpc: '2.0', id, result: {} };
}

function unknown(id: MessageId): JsonObject {
  return errorMessage(id, -32601, 'the mcp server does not offer this', { code: 'unknown_method' });
}

/** A call whose server asks for what it does not get: the model may read of a tool's, as MCP says of what goes wrong in one. */
function unanswered({ id, method }: McpRequest, why: string): JsonObject {
  if (method !== 'tools/call') return errorMessage(id, -32603, why, { code: 'unanswered' });
  const content = [{ type: 'text', text: `The tool did not finish: ${why}.` }];
  return { jsonrpc: '2.0', id, result: { content, isError: true } };
}
