import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import type { ClientMessage, MessageId } from '../message.ts';
import type { Reply } from '../reply.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';
import type { Link, OpenCall } from '../upstream.ts';
import { messagesOf } from '../event-stream.ts';
import { hasBegun } from './introductions.ts';
import { MemoryResponse } from './memory-response.ts';
import type { OpenTable } from '../open-table.ts';

/**
 * The link of a client of the older era that begins a session with an upstream of which nobody knows whether it has any. What
 * the upstream answers is passed on as it came, unless it shows that it must be spoken to otherwise.
 */
export class FirstLink implements Link {
  readonly #link: Link;
  readonly #instead: (answered: boolean) => Promise<Link | undefined>;

  /** `instead` hears whether the upstream has begun a session, and answers the link to use where it has not. */
  constructor(link: Link, instead: (answered: boolean) => Promise<Link | undefined>) {
    this.#link = link;
    this.#instead = instead;
  }

  get session(): string | undefined {
    return this.#link.session;
  }

  get tools(): ToolDefinitions {
    return this.#link.tools;
  }

  get calls(): OpenTable<MessageId, OpenCall> {
    return this.#link.calls;
  }

  get capabilities(): JsonObject {
    return this.#link.capabilities;
  }

  notify(message: JsonObject): void {
    this.#link.notify(message);
  }

  listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return this.#link.listTools(request, cursor);
  }

  read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return this.#link.read(request, tool, args);
  }

  prefetch(): void {}

  drop(): void {
    this.#link.drop();
  }

  exchange(request: McpRequest, claim: RunningClaim | undefined): Promise<JsonObject | undefined> {
    return this.#link.exchange(request, claim);
  }

  async run(call: OpenCall, reply: Reply, claim: RunningClaim | undefined): Promise<void> {
    const response = new MemoryResponse();
    let away = false;
    call.unsent = () => void (away = true);
    const running = this.#link.run(call, response.reply(), undefined);
    const [body] = await Promise.all([response.body(), running]);
    const type = response.headers['content-type'] ?? '';
    const answer = messagesOf(type, body).at(-1);
    if (away) {
      // It says nothing of what the upstream speaks.
      await claim?.unsent();
      reply.raw.writeHead(response.status, response.headers);
      reply.raw.end(body);
      return;
    }
    const instead = await this.#instead(answer !== undefined && hasBegun(answer));
    if (instead !== undefined) return await instead.run(call, reply, claim);
    await claim?.answered(answer);
    reply.begin(response.status, response.headers);
    await reply.pipe(body);
    reply.end();
  }

  pass(message: ClientMessage): Promise<void> {
    return this.#link.pass(message);
  }
}
