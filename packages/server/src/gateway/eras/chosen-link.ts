import type { JsonObject } from '@countersign/core';
import { awayMessage } from '../answers.ts';
import type { RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import type { ClientMessage, MessageId } from '../message.ts';
import type { Reply } from '../reply.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';
import type { Link, OpenCall } from '../upstream.ts';
import { UpstreamAway } from '../upstream-away.ts';
import { LaterTools } from './later-tools.ts';
import { OpenTable } from '../open-table.ts';

/** The link of a request of the stateless era to a server whose era is found out first. */
export class ChosenLink implements Link {
  readonly session: undefined;
  readonly tools: ToolDefinitions;
  readonly calls = new OpenTable<MessageId, OpenCall>();
  readonly capabilities: JsonObject = {};
  readonly #choose: () => Promise<Link>;
  #choosing: Promise<Link> | undefined;
  #link: Link | undefined;

  constructor(choose: () => Promise<Link>) {
    this.#choose = choose;
    this.tools = new LaterTools(async () => (await this.#chosen()).tools);
  }

  /** One of the stateless era has no session that could be told. */
  notify(): void {}

  async listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return await (await this.#chosen()).listTools(request, cursor);
  }

  async read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return await (await this.#chosen()).read(request, tool, args);
  }

  /** Only where the choice is made already: a fetch that must first find out is none that is early. */
  prefetch(call: OpenCall): void {
    this.#link?.prefetch(call);
  }

  drop(): void {
    this.#link?.drop();
  }

  async exchange(request: McpRequest, claim: RunningClaim | undefined): Promise<JsonObject | undefined> {
    return await (await this.#chosenFor(claim)).exchange(request, claim);
  }

  async run(call: OpenCall, reply: Reply, claim: RunningClaim | undefined): Promise<void> {
    let link: Link;
    try {
      link = await this.#chosenFor(claim);
    } catch (error) {
      if (!(error instanceof UpstreamAway)) throw error;
      const { id, method, era } = call.request;
      return reply.finish(awayMessage(id, method, era, error));
    }
    await link.run(call, reply, claim);
  }

  async pass(message: ClientMessage): Promise<void> {
    await (await this.#chosen()).pass(message);
  }

  /** Where the server is not even met, nothing has run. */
  async #chosenFor(claim: RunningClaim | undefined): Promise<Link> {
    try {
      return await this.#chosen();
    } catch (error) {
      await claim?.unsent();
      throw error;
    }
  }

  async #chosen(): Promise<Link> {
    this.#choosing ??= this.#choose();
    this.#link = await this.#choosing;
    return this.#link;
  }
}
