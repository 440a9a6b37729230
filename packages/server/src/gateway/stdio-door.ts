import type { Readable, Writable } from 'node:stream';
import type { ConsentPort, JsonObject } from '@countersign/core';
import { awayMessage, badMessage, errorMessage, outcomeUnknownMessage } from './answers.ts';
import { CallJudge } from './call-judge.ts';
import type { ServerCommand, ServerEnd } from './child-server.ts';
import type { Answer, Exchange, McpRequest } from './conversation.ts';
import { ErasConversation } from './eras/eras-conversation.ts';
import type { RunningClaim } from './claim.ts';
import { readLines } from './lines.ts';
import { isKnownMethod, isPassThrough } from './mapping.ts';
import { capabilitiesOf } from './pending/form.ts';
import { Lookers } from './pending/lookers.ts';
import { MemoryRetryStore, Retries } from './pending/retries.ts';
import { isId, readMessage, type ClientMessage, type MessageId } from './message.ts';
import { UpstreamAway } from './upstream-away.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;
const NEWLINE = Buffer.from('\n');

export interface StdioGatewayOptions {
  readonly server: ServerCommand & { readonly name: string };
  readonly port: ConsentPort;
  readonly agentId: string;
  /** The authority's id, which vouches for the agent. */
  readonly issuer: string;
  readonly holdMs: number;
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Says what went wrong, without bodies; to standard error. */
  readonly complain: (text: string) => void;
  /** Hears the server's standard error as it comes. */
  readonly overheard: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** This process ends with its client, so nothing can be left running here for later. */
const WHEN_PENDING = ['url', 'hold'] as const;

/** One client, one session. */
const THE_SESSION = 'stdio';

/** What is known of a client's request until it is answered. */
interface Open {
  request: McpRequest;
  readonly hold: AbortController;
  exchange?: Exchange;
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
  /** What the client of the older era declared when it began. */
  #capabilities: JsonObject = {};

  constructor(options: StdioGatewayOptions) {
    this.#options = options;
    this.#judge = new CallJudge({
      ...options,
      upstream: options.server.name,
      whenPending: WHEN_PENDING,
      keeping: { retries: new Retries(new MemoryRetryStore(), Date.now) },
    });
    this.#server = new ErasConversation(options.server, options.agentId, {
      said: ({ bytes }) => this.#writeBytes(bytes),
      overheard: options.overheard,
    });
  }

  async run(): Promise<ServerEnd> {
    const { stdin, signal, complain } = this.#options;
    const line = (bytes: Buffer): void => void this.#fromClient(bytes);
    const left = readLines(stdin, MAX_MESSAGE_BYTES, { line, complain }, signal);
    const died = await Promise.race([left, this.#server.ended]);
    this.#ending.abort();
    // A client that is still there hears what became of the calls that its server had.
    for (const { hold, exchange } of this.#open.values())
      if (died === undefined || exchange === undefined) hold.abort();
    await this.#server.close();
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
    if (message.method !== 'notifications/cancelled') return await this.#server.pass(message);
    const id = message.params['requestId'];
    const open = isId(id) ? this.#open.get(id) : undefined;
    open?.hold.abort();
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
    const opened = await this.#judge.open(this.#options, request);
    if ('answer' in opened) return this.#answer(open, opened.answer);
    open.request = opened.request;
    const judged = await this.#judge.judge(this.#options, opened, {
      capabilities: this.#capabilities,
      tools: this.#server.tools,
      listTools: (cursor) => this.#server.listTools(request.params, cursor),
      read: (tool, args) => this.#server.read(request.params, tool, args),
      present: () => !open.hold.signal.aborted,
      gone: open.hold.signal,
      canTell: () => true,
      tell: (notification) => this.#write(notification),
    });
    if (judged.kind === 'run') return await this.#forward(open, judged.claim);
    this.#answer(open, judged.message);
    if (judged.look !== undefined)
      this.#lookers.sent(THE_SESSION, this.#options.port, judged.look, (message) => this.#write(message));
  }

  async #forward(open: Open, claim?: RunningClaim): Promise<void> {
    const { id, method, era } = open.request;
    open.exchange = this.#server.send(open.request, claim, (message) => this.#write(message));
    let answer: Answer | undefined;
    try {
      answer = await open.exchange.answer;
    } catch (error) {
      if (!(error instanceof UpstreamAway)) throw error;
      await claim?.unsent();
      return this.#answer(open, awayMessage(id, method, era, error));
    }
    this.#open.delete(id);
    if (answer !== undefined) this.#writeBytes(answer.bytes);
    else if (!open.hold.signal.aborted) this.#write(outcomeUnknownMessage(id, method, era));
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
