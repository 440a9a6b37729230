import type { JsonObject } from '@countersign/core';
import { endAnswered } from '../answered.ts';
import { awayMessage, outcomeUnknownMessage } from '../answers.ts';
import type { RunningClaim } from '../claim.ts';
import { asAnswer, type McpRequest } from '../conversation.ts';
import type { ClientMessage, MessageId } from '../message.ts';
import type { Reply } from '../reply.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';
import { endUnlessTakenBack } from '../unanswered.ts';
import type { Link, OpenCall } from '../upstream.ts';
import { UpstreamAway } from '../upstream-away.ts';
import { LaterTools } from './later-tools.ts';
import { lookAgain } from './look-again.ts';
import type { Converted } from './peer.ts';
import { OpenTable } from '../open-table.ts';

/** What a link is made of beside its server. */
export interface LinkSide {
  /** The name of the caller's session with us. */
  readonly session?: string;
  readonly calls?: OpenTable<MessageId, OpenCall>;
  readonly capabilities?: JsonObject;
  readonly notify?: (message: JsonObject) => void;
  /** Hears of the answer before it leaves, and may add headers to it. */
  readonly answering?: (answer: JsonObject, reply: Reply) => void;
}

/** A caller's standing with a server of the other era. It is met when it is needed first. */
export class ConvertedLink implements Link {
  readonly session: string | undefined;
  readonly tools: ToolDefinitions;
  readonly calls: OpenTable<MessageId, OpenCall>;
  readonly capabilities: JsonObject;
  readonly #meet: () => Promise<Converted>;
  readonly #side: LinkSide;
  #met: Promise<Converted> | undefined;

  constructor(meet: () => Promise<Converted>, side: LinkSide = {}) {
    this.#meet = meet;
    this.#side = side;
    this.session = side.session;
    this.calls = side.calls ?? new OpenTable();
    this.capabilities = side.capabilities ?? {};
    this.tools = new LaterTools(() => this.#look(async ({ tools }) => tools));
  }

  notify(message: JsonObject): void {
    this.#side.notify?.(message);
  }

  async listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return await this.#look((server) => server.listTools(request, cursor));
  }

  async read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return await this.#look((server) => server.read(request, tool, args));
  }

  /** A read begins with its permit here: what is asked meanwhile would have nobody to ask. */
  prefetch(): void {}

  drop(): void {}

  async exchange(request: McpRequest, claim: RunningClaim | undefined): Promise<JsonObject | undefined> {
    const server = await this.#serverFor(claim);
    return await server.run(request, claim, (message) => this.notify(message)).answer;
  }

  async run(call: OpenCall, reply: Reply, claim: RunningClaim | undefined): Promise<void> {
    const { id, method, era } = call.request;
    let answer: JsonObject | undefined;
    try {
      const server = await this.#serverFor(claim);
      const running = server.run(call.request, claim, (message) => reply.event(message));
      call.cancel = (params) => running.cancel(params);
      answer = await running.answer;
    } catch (error) {
      if (!(error instanceof UpstreamAway)) throw error;
      reply.finish(awayMessage(id, method, era, error));
      return;
    }
    if (answer === undefined) {
      endUnlessTakenBack(call, reply, outcomeUnknownMessage(id, method, era));
      return;
    }
    this.#side.answering?.(answer, reply);
    await endAnswered(call, reply, asAnswer(answer), this.session);
  }

  async pass(message: ClientMessage): Promise<void> {
    await (await this.#server()).pass(message);
  }

  #look<T>(ask: (server: Converted) => Promise<T>): Promise<T> {
    return lookAgain((anew) => {
      if (anew) this.#met = undefined;
      return this.#server();
    }, ask);
  }

  #server(): Promise<Converted> {
    return (this.#met ??= this.#meet());
  }

  /** Where the server is not even met, nothing has run. */
  async #serverFor(claim: RunningClaim | undefined): Promise<Converted> {
    try {
      return await this.#server();
    } catch (error) {
      await claim?.unsent();
      throw error;
    }
  }
}
