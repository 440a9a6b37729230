import type { JsonObject } from '@countersign/core';
import { answerTo, type Conversation, type McpRequest } from '../conversation.ts';
import type { ClientMessage } from '../message.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';
import type { Peer, PeerExchange } from './peer.ts';

/** A server over stdio as a peer; ids and progress tokens are the conversation's own already. */
export class ConversationPeer implements Peer {
  readonly #conversation: Conversation;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  get tools(): ToolDefinitions {
    return this.#conversation.tools;
  }

  async listTools({ params }: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return await this.#conversation.listTools(params, cursor);
  }

  async read({ params }: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return await this.#conversation.read(params, tool, args);
  }

  send(request: McpRequest, heard: (message: JsonObject) => void): PeerExchange {
    const exchange = this.#conversation.send(request, undefined, heard);
    return { answer: answerTo(exchange), cancel: (params) => exchange.cancel(params) };
  }

  async tell(message: ClientMessage): Promise<void> {
    await this.#conversation.pass(message);
  }
}
