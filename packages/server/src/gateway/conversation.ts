import type { JsonObject, JsonValue } from '@countersign/core';
import { readBack } from '@countersign/core';
import { ChildServer, type ServerCommand, type ServerEnd, type ServerLine } from './child-server.ts';
import type { RunningClaim } from './claim.ts';
import {
  isId,
  isObject,
  metaFor,
  metaOf,
  type ClientMessage,
  type MessageId,
  SUBSCRIPTION,
} from './message.ts';
import type { OpenConnection, ServerConnection } from './server-connection.ts';
import { spliceId } from './splice-id.ts';
import { mayBeCancelled, TOOK_TOO_LONG, type TimeLimit } from './time-limit.ts';
import { ToolDefinitions } from './tool-definitions.ts';
import { UpstreamAway } from './upstream-away.ts';

export type McpRequest = ClientMessage & { readonly kind: 'request' };

/** How long the server has for what we ask of it ourselves, and to answer what was cancelled. */
const ASK_TIMEOUT_MS = 30_000;
/** Questions of a server's that its client has not answered; of more, the oldest can be answered no more. */
export const MAX_ASKED = 1000;

/** A request that the server has and has not answered. */
interface UnderWay {
  readonly answered: (line: ServerLine | undefined) => void;
  readonly unsent: (away: UpstreamAway) => void;
  readonly related: (message: JsonObject) => void;
  readonly id: MessageId;
  readonly progressToken?: MessageId;
}

/** What a server answered: its bytes, under the caller's id. */
export interface Answer {
  readonly bytes: Buffer;
  /** The code of a JSON-RPC error. */
  readonly errorCode: number | undefined;
}

/** A message of ours as the answer that it is. */
export function asAnswer(message: JsonObject): Answer {
  return { bytes: Buffer.from(JSON.stringify(message)), errorCode: errorCodeOf(message) };
}

export function valueOf({ bytes }: Answer): JsonObject {
  return readBack(bytes.toString()) as JsonObject;
}

/** The code of an answer that is an error. */
function errorCodeOf({ error }: JsonObject): number | undefined {
  const code = isObject(error) ? error['code'] : undefined;
  return typeof code === 'number' ? code : undefined;
}

/**
 * A request sent on, and how to cancel it. Its answer is undefined when the server ended first, and rejects with `UpstreamAway`
 * when it was not sent. The claim has heard of it by then.
 */
export interface Exchange {
  readonly answer: Promise<Answer | undefined>;
  cancel(params: JsonObject): void;
}

/** The whole answer of an exchange, as a value; undefined where the server ended first. */
export async function answerTo({ answer }: Exchange): Promise<JsonObject | undefined> {
  const got = await answer;
  return got && valueOf(got);
}

/**
 * The conversation with one server over one connection, a child's standard input and output most often. Every request goes out under a number of ours, in place of
 * its id and its progress token, and comes back under its own: so clients that share a server cannot meet
 * in an id, nor our own requests be mistaken for theirs, nor an answer that nobody waits for reach anyone.
 */
export class Conversation {
  readonly tools: ToolDefinitions;
  readonly #server: ServerConnection;
  readonly #underWay = new Map<number, UnderWay>();
  /** Requests that the server put to the client: only to these does a response pass. */
  readonly #asked = new Set<MessageId>();
  readonly #said: (line: ServerLine) => void;
  readonly #limit: TimeLimit | undefined;
  #count = 0;

  /** `said` hears what the server says of itself: requests of its own, and notifications about no request. */
  constructor(
    server: ServerCommand | OpenConnection,
    on: {
      readonly said: (line: ServerLine) => void;
      readonly overheard: (text: string) => void;
      readonly limit?: TimeLimit | undefined;
    },
    tools: ToolDefinitions = new ToolDefinitions(),
  ) {
    this.tools = tools;
    this.#limit = on.limit;
    this.#said = on.said;
    const line = (each: ServerLine): void => this.#fromServer(each);
    this.#server =
      typeof server === 'function'
        ? server(line)
        : new ChildServer(server, { line, overheard: on.overheard });
    void this.#server.exited.then(() => this.#abandon());
  }

  get ended(): Promise<ServerEnd> {
    return this.#server.exited;
  }

  get gone(): boolean {
    return this.#server.gone;
  }

  get busy(): boolean {
    return this.#underWay.size > 0;
  }

  /**
   * Crash order: the permit or claim is durable before this is called; the message is written once; what
   * came of it is reported before the answer is handed on. Ending in between leaves the claim open, which
   * ends as unknown.
   */
  send(
    request: McpRequest,
    claim: RunningClaim | undefined,
    related: (message: JsonObject) => void,
  ): Exchange {
    const { id, method, params } = request;
    const { progressToken } = metaOf(params);
    const hasToken = isId(progressToken);
    const number = ++this.#count;
    const line = this.#await(number, { id, related, ...(hasToken ? { progressToken } : {}) });
    const value = hasToken
      ? {
          ...request.value,
          id: number,
          params: { ...params, _meta: { ...metaOf(params), progressToken: number } },
        }
      : { ...request.value, id: number };
    this.#write(number, value);
    const ended = this.#limit?.begin(method, () => {
      if (mayBeCancelled(method)) this.#cancel(number, TOOK_TOO_LONG);
      this.#settle(number, undefined);
    });
    return {
      answer: line.then(
        async (answer) => {
          ended?.();
          await claim?.answered(answer?.value);
          if (answer === undefined) return undefined;
          const bytes =
            method === 'subscriptions/listen' ? unsubscribed(answer, id) : spliceId(answer.bytes, id);
          return { bytes, errorCode: errorCodeOf(answer.value) };
        },
        async (away: unknown) => {
          ended?.();
          await claim?.unsent();
          throw away;
        },
      ),
      cancel: (cancelled) => {
        if (!this.#underWay.has(number)) return;
        this.#cancel(number, cancelled);
        // A server answers no request that was cancelled; nobody waits for it here either.
        setTimeout(() => this.#settle(number, undefined), ASK_TIMEOUT_MS).unref();
      },
    };
  }

  #cancel(number: number, params: JsonObject): void {
    const cancelled = { ...params, requestId: number };
    const message = { jsonrpc: '2.0', method: 'notifications/cancelled', params: cancelled };
    void this.#server.send(message).catch(() => {});
  }

  /** Passes on a notification, or a response to what the server asked. */
  async pass(message: ClientMessage): Promise<void> {
    if (message.kind === 'response' && !this.#asked.delete(message.id)) return;
    await this.#server.send(message.value);
  }

  /** One page of `tools/list`, in the era of the call that it is for. Rejects when there is none. */
  async listTools(callParams: JsonObject, cursor: string | undefined): Promise<JsonObject> {
    const params: JsonObject = cursor === undefined ? {} : { cursor };
    const result = await this.#ask('tools/list', { ...params, ...metaFor(callParams) });
    if (result === undefined)
      throw new UpstreamAway('it does not list its tools', undefined, {
        cause: new Error('the mcp server does not list its tools'),
      });
    return result;
  }

  /** Calls a tool that only reads, for ourselves. Rejects when it does not answer. */
  async read(callParams: JsonObject, tool: string, args: JsonObject): Promise<JsonObject> {
    const result = await this.#ask('tools/call', { name: tool, arguments: args, ...metaFor(callParams) });
    if (result === undefined) throw new Error('the server does not let itself be read');
    return result;
  }

  async #ask(method: string, params: JsonObject): Promise<JsonObject | undefined> {
    const number = ++this.#count;
    const answer = this.#await(number, { id: number, related: () => {} });
    this.#write(number, { jsonrpc: '2.0', id: number, method, params });
    const timer = setTimeout(() => this.#settle(number, undefined), ASK_TIMEOUT_MS);
    const result = (await answer)?.value['result'];
    clearTimeout(timer);
    return isObject(result) ? result : undefined;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #await(number: number, request: Omit<UnderWay, 'answered' | 'unsent'>): Promise<ServerLine | undefined> {
    return new Promise((answered, unsent) => this.#underWay.set(number, { ...request, answered, unsent }));
  }

  #write(number: number, value: JsonObject): void {
    this.#server.send(value).catch((error: unknown) => {
      if (error instanceof UpstreamAway) this.#underWay.get(number)?.unsent(error);
      this.#settle(number, undefined);
    });
  }

  #abandon(): void {
    for (const { answered } of this.#underWay.values()) answered(undefined);
    this.#underWay.clear();
  }

  #settle(number: number, line: ServerLine | undefined): void {
    const request = this.#underWay.get(number);
    this.#underWay.delete(number);
    request?.answered(line);
  }

  #fromServer(line: ServerLine): void {
    const { id, method } = line;
    if (method === undefined) {
      if (typeof id === 'number') this.#settle(id, line);
      return;
    }
    if (id !== undefined) {
      const [oldest] = this.#asked;
      if (this.#asked.size >= MAX_ASKED && oldest !== undefined) this.#asked.delete(oldest);
      this.#asked.add(id);
      this.#said(line);
      return;
    }
    if (method === 'notifications/tools/list_changed') this.tools.forget();
    const request = this.#subjectOf(line);
    // Its tokens are numbers of ours: progress of what nobody waits for any more is nobody's, and no client's by chance.
    if (request === undefined && method === 'notifications/progress') return;
    if (request === undefined) this.#said(line);
    else request.of.related({ ...line.value, params: request.params });
  }

  /** The request that a notification is about, and its params as its client knows them. */
  #subjectOf({ method, params }: ServerLine): { of: UnderWay; params: JsonObject } | undefined {
    if (method === 'notifications/progress') {
      const of = this.#at(params['progressToken']);
      return of?.progressToken === undefined
        ? undefined
        : { of, params: { ...params, progressToken: of.progressToken } };
    }
    if (method === 'notifications/cancelled') {
      const of = this.#at(params['requestId']);
      return of && { of, params: { ...params, requestId: of.id } };
    }
    const of = this.#at(metaOf(params)[SUBSCRIPTION]);
    return of && { of, params: subscribedAs(params, of.id) };
  }

  #at(number: JsonValue | undefined): UnderWay | undefined {
    return typeof number === 'number' ? this.#underWay.get(number) : undefined;
  }
}

function subscribedAs(params: JsonObject, id: MessageId): JsonObject {
  return { ...params, _meta: { ...metaOf(params), [SUBSCRIPTION]: id } };
}

/** The answer that ends a subscription names the subscription once more. */
function unsubscribed(answer: ServerLine, id: MessageId): Buffer {
  const { result } = answer.value;
  const named =
    isObject(result) && metaOf(result)[SUBSCRIPTION] !== undefined
      ? { result: subscribedAs(result, id) }
      : {};
  return Buffer.from(JSON.stringify({ ...answer.value, id, ...named }));
}
