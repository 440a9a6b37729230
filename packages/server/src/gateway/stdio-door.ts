import type { Readable, Writable } from 'node:stream';
import type { ConsentPort, JsonObject } from '@countersign/core';
import { awayMessage, badMessage, errorMessage, outcomeUnknownMessage } from './answers.ts';
import { CallJudge } from './call-judge.ts';
import type { ServerCommand, ServerEnd } from './child-server.ts';
import { answerTo, type Answer, type Exchange, type McpRequest } from './conversation.ts';
import { ErasConversation } from './eras/eras-conversation.ts';
import type { RunningClaim } from './claim.ts';
import { readLines } from './lines.ts';
import { listedTo } from './lists/told-by.ts';
import { amendedBytes, tellTools } from './lists/told-tools.ts';
import { isKnownMethod, isPassThrough } from './mapping.ts';
import { capabilitiesOf, takesTasks } from './pending/form.ts';
import { withoutTask } from './pending/legacy-wire.ts';
import { Lookers } from './pending/lookers.ts';
import { MemoryRetryStore, Retries } from './pending/retries.ts';
import type { ParkedCalls } from './pending/parked-calls.ts';
import type { Prepared, TaskSession } from './pending/session-tasks.ts';
import { answerAboutTasks, isAboutOurTasks, withTasks, type TaskReply } from './pending/tasks.ts';
import { isId, isObject, readMessage, type ClientMessage, type Era, type MessageId } from './message.ts';
import { StdioChanges } from './stdio-changes.ts';
import { StdioTasks, type ParkedFile } from './stdio-tasks.ts';
import type { OpenConnection } from './server-connection.ts';
import { UpstreamAway } from './upstream-away.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;
const NEWLINE = Buffer.from('\n');

export interface StdioGatewayOptions {
  readonly server: ServerCommand & { readonly name: string };
  /** The server where it is started already. */
  readonly connect?: OpenConnection;
  readonly port: ConsentPort;
  readonly agentId: string;
  /** The authority's id, which vouches for the agent. */
  readonly issuer: string;
  readonly holdMs: number;
  /** Whether the list of tools is what this agent may do with them, as by default, or the server's own. */
  readonly toolsList?: 'filtered' | 'whole';
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Says what went wrong, without bodies; to standard error. */
  readonly complain: (text: string) => void;
  /** Hears the server's standard error as it comes. */
  readonly overheard: (text: string) => void;
  /** Opens the file of the calls that wait; undefined where another door has it open, and then nothing becomes a task. */
  readonly openParked?: () => Promise<ParkedFile | undefined>;
  readonly signal?: AbortSignal;
}

const WITHOUT_TASKS = ['url', 'hold'] as const;

/** One client, one session. */
const THE_SESSION = 'stdio';

/** What is known of a client's request until it is answered. */
interface Open {
  request: McpRequest;
  readonly hold: AbortController;
  exchange?: Exchange;
  /** The answer to a request about tasks of ours. */
  aboutTasks?: Promise<void>;
}

/**
 * Runs the stdio door: one client on our own standard input and output, one server as our child, until either ends. A
 * server that ends by itself is not started again: its client does what it would do without us.
 */
export async function runStdioGateway(options: StdioGatewayOptions): Promise<ServerEnd> {
  const door = new StdioDoor(options);
  return await door.run();
}

class StdioDoor {
  readonly #options: StdioGatewayOptions;
  readonly #server: ErasConversation;
  readonly #open = new Map<MessageId, Open>();
  readonly #judge: CallJudge;
  readonly #ending = new AbortController();
  readonly #lookers = new Lookers(this.#ending.signal);
  /** Undefined where the list is the server's own. */
  readonly #changes: StdioChanges | undefined;
  /** What the client of the older era declared when it began. */
  #capabilities: JsonObject = {};
  /** Opened for the first request of a client that takes tasks. */
  #opening: Promise<StdioTasks | undefined> | undefined;
  #tasks: StdioTasks | undefined;

  constructor(options: StdioGatewayOptions) {
    this.#options = options;
    const retries = new Retries(new MemoryRetryStore(Date.now), Date.now);
    const write = (message: JsonObject): void => this.#write(message);
    if (options.toolsList !== 'whole')
      this.#changes = new StdioChanges({ port: options.port, write, signal: this.#ending.signal });
    const parked = (): ParkedCalls | undefined => this.#tasks?.parked;
    this.#judge = new CallJudge({
      ...options,
      upstream: options.server.name,
      get whenPending() {
        return parked() === undefined ? WITHOUT_TASKS : (['task', ...WITHOUT_TASKS] as const);
      },
      get keeping() {
        const kept = parked();
        return kept === undefined ? { retries } : { retries, parked: kept };
      },
    });
    this.#server = new ErasConversation(options.connect ?? options.server, options.agentId, {
      said: ({ bytes }) => this.#writeBytes(bytes),
      overheard: options.overheard,
    });
  }

  async run(): Promise<ServerEnd> {
    const { stdin, signal, complain } = this.#options;
    const line = (bytes: Buffer): void => void this.#fromClient(bytes);
    const left = readLines(stdin, MAX_MESSAGE_BYTES, { line, complain }, signal);
    const died = await Promise.race([left, this.#server.ended]);
    // A client that is still there hears what became of its calls: those that the server had, and its tasks, are answered below.
    for (const open of this.#open.values()) {
      if (died !== undefined && (open.exchange !== undefined || open.aboutTasks !== undefined)) continue;
      if (died !== undefined) this.#answerAway(open);
      open.hold.abort();
    }
    await this.#server.close();
    const tasks = await this.#opening;
    // What ran has ended as unknown then, and is told so; whoever asked about what still waits hears that we stop.
    await tasks?.stop();
    this.#ending.abort();
    await Promise.allSettled([...this.#open.values()].map(async ({ aboutTasks }) => await aboutTasks));
    tasks?.close();
    // What was forwarded is answered (as unknown) and its claim reported before we end.
    await Promise.allSettled([...this.#open.values()].map(async ({ exchange }) => await exchange?.answer));
    const end = await this.#server.ended;
    if (end.kind === 'died') complain(`the mcp server is gone: ${end.how}`);
    return end;
  }

  async #fromClient(bytes: Buffer): Promise<void> {
    let message: ClientMessage;
    try {
      message = readMessage(bytes, MAX_MESSAGE_BYTES);
    } catch (error) {
      this.#write(badMessage(error));
      return;
    }
    try {
      if (message.kind === 'request') await this.#requested(message);
      else if (message.kind === 'response') await this.#server.pass(message);
      else await this.#notified(message);
    } catch (error) {
      this.#options.complain(`a message was not handled: ${String(error)}`);
    }
  }

  async #notified(message: ClientMessage & { kind: 'notification' }): Promise<void> {
    if (!message.method.startsWith('notifications/')) return;
    if (message.method !== 'notifications/cancelled') {
      await this.#server.pass(message);
      if (message.method === 'notifications/initialized') this.#tasks?.start();
      return;
    }
    const id = message.params['requestId'];
    const open = isId(id) ? this.#open.get(id) : undefined;
    open?.hold.abort();
    if (open !== undefined) this.#changes?.ended(open.request.id);
    // A call that never reached the server has nothing there to cancel.
    open?.exchange?.cancel(message.params);
  }

  async #requested(request: McpRequest): Promise<void> {
    const { id, method, era } = request;
    if (this.#open.has(id)) {
      this.#write(
        errorMessage(id, -32600, 'this id is in use by a request under way', { code: 'id_in_use' }),
      );
      return;
    }
    const open: Open = { request, hold: new AbortController() };
    this.#open.set(id, open);
    if (isPassThrough(method)) return await this.#forward(open);
    if (!isKnownMethod(method, era)) {
      return this.#answer(open, errorMessage(id, -32601, 'unknown method', { code: 'unknown_method' }));
    }
    if (method === 'initialize') this.#capabilities = capabilitiesOf(request.params);
    if (this.#mayTakeTasks(request)) await (this.#opening ??= this.#openTasks(era));
    if (this.#tasks !== undefined && isAboutOurTasks(request))
      return await (open.aboutTasks = this.#answerAboutTasks(open, this.#tasks));
    const opening = await this.#judge.open(this.#options, request);
    if ('answer' in opening) return this.#answer(open, opening.answer);
    const asking = { agentId: this.#options.agentId, active: true };
    const prepared: Prepared =
      (await this.#tasks?.session.prepare(asking, opening.request, this.#session)) ?? opening;
    const opened = { ...opening, ...prepared };
    if ('answer' in opened) return this.#answer(open, opened.answer);
    const { task } = opened;
    open.request = opened.request;
    const judged = await this.#judge.judge(this.#options, opened, {
      task,
      capabilities: this.#capabilities,
      tools: this.#server.tools,
      listTools: (cursor) => this.#server.listTools(request.params, cursor),
      read: (tool, args) => this.#server.read(request.params, tool, args),
      present: () => !open.hold.signal.aborted,
      gone: () => open.hold.signal,
      canTell: () => true,
      tell: (notification) => this.#write(notification),
    });
    if (judged.kind === 'run' && task?.ours === true && this.#tasks !== undefined) {
      const { session } = this.#tasks;
      const begun = await session.begin(asking, opened.request, task, this.#session, judged.claim);
      return this.#answer(open, begun);
    }
    if (judged.kind === 'run') return await this.#forward(open, judged.claim);
    this.#answer(
      open,
      task === undefined
        ? judged.message
        : (this.#tasks?.session.follow(withoutTask(judged.message), this.#session) ?? judged.message),
    );
    if (judged.look !== undefined)
      this.#lookers.sent(THE_SESSION, this.#options.port, judged.look, (message) => this.#write(message));
  }

  /** Whether the client of a request takes tasks, as far as we know yet. */
  #mayTakeTasks({ era, params }: McpRequest): boolean {
    if (this.#options.openParked === undefined) return false;
    return era === 'modern' ? takesTasks(capabilitiesOf(params)) : isObject(this.#capabilities['tasks']);
  }

  async #openTasks(era: Era): Promise<StdioTasks | undefined> {
    const { openParked, server, port, agentId, issuer, complain, overheard } = this.#options;
    try {
      const file = await openParked?.();
      if (file === undefined) return undefined;
      const on = { server, port, agentId, issuer, complain, overheard, era, conversation: this.#server };
      this.#tasks = new StdioTasks({ ...on, file });
      // A session has begun once its client says so.
      if (era === 'modern') this.#tasks.start();
      return this.#tasks;
    } catch (error) {
      complain(`tasks cannot be kept, so no call becomes one: ${String(error)}`);
      return undefined;
    }
  }

  async #answerAboutTasks(open: Open, { parked, session }: StdioTasks): Promise<void> {
    const { request, hold } = open;
    const reply: TaskReply = {
      finish: (message) => this.#answer(open, message),
      stream: () => true,
      event: (message) => this.#write(message),
      left: AbortSignal.any([hold.signal, this.#ending.signal]),
    };
    if (request.era === 'legacy') await session.answer(this.#options, request, reply);
    else await answerAboutTasks(parked, this.#options, request, reply);
    this.#open.delete(request.id);
  }

  /** The one session of this door, as its tasks see it. */
  get #session(): TaskSession {
    const server = this.#server;
    return {
      session: THE_SESSION,
      capabilities: this.#capabilities,
      tools: server.tools,
      listTools: (request, cursor) => server.listTools(request.params, cursor),
      notify: (message) => this.#write(message),
      exchange: (request, claim) => answerTo(server.send(request, claim, (message) => this.#write(message))),
    };
  }

  #amend(request: McpRequest): ((answer: JsonObject) => JsonObject) | undefined {
    if (this.#tasks === undefined) return undefined;
    if (request.method === 'server/discover') return withTasks;
    const amend = this.#tasks.session.amend(request, this.#session);
    return amend && ((answer) => amend(answer, THE_SESSION));
  }

  async #forward(open: Open, claim?: RunningClaim): Promise<void> {
    const { id, method, era } = open.request;
    open.exchange = this.#server.send(open.request, claim, (message) => {
      this.#write(message);
      this.#changes?.heard(open.request, message);
    });
    let answer: Answer | undefined;
    try {
      answer = await open.exchange.answer;
    } catch (error) {
      if (!(error instanceof UpstreamAway)) throw error;
      await claim?.unsent();
      return this.#answer(open, awayMessage(id, method, era, error));
    }
    this.#open.delete(id);
    this.#changes?.ended(id);
    if (method === 'initialize' && answer !== undefined) this.#changes?.introduced(answer.bytes);
    if (answer !== undefined) this.#writeBytes(await this.#asTold(open.request, answer.bytes));
    else if (!open.hold.signal.aborted) this.#write(outcomeUnknownMessage(id, method, era));
  }

  /** What the client is told in place of an answer: first what we add to it, then what is left out of it for this agent. */
  async #asTold(request: McpRequest, answer: Buffer): Promise<Buffer> {
    const { server, toolsList } = this.#options;
    const amend = this.#amend(request);
    const amended = amend === undefined ? answer : amendedBytes(answer, amend);
    if (request.method !== 'tools/list') return amended;
    const telling = { ...this.#options, upstream: server.name };
    const own =
      toolsList === 'whole' ? async (list: Buffer) => list : tellTools(this.#options, telling, request.era);
    return await listedTo(this.#server, request, own)(amended);
  }

  /** The server has ended before it was sent this. */
  #answerAway(open: Open): void {
    const { id, method, era } = open.request;
    this.#answer(open, awayMessage(id, method, era, new UpstreamAway('it has ended', 1)));
  }

  #answer(open: Open, message: JsonObject): void {
    this.#open.delete(open.request.id);
    if (!open.hold.signal.aborted) this.#write(message);
  }

  #write(message: JsonObject): void {
    this.#options.stdout.write(`${JSON.stringify(message)}\n`);
  }

  #writeBytes(line: Buffer): void {
    this.#options.stdout.write(Buffer.concat([line, NEWLINE]));
  }
}
