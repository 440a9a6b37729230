import type { JsonObject } from '@countersign/core';
import type { ServerCommand, ServerEnd, ServerLine } from '../child-server.ts';
import type { RunningClaim } from '../claim.ts';
import { asAnswer, Conversation, valueOf, type Exchange, type McpRequest } from '../conversation.ts';
import { notificationOf, requestOf } from '../made-message.ts';
import { metaOf, PROTOCOL_VERSION, type ClientMessage } from '../message.ts';
import { capabilitiesOf } from '../pending/form.ts';
import type { OpenConnection } from '../server-connection.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';
import { initializedBy, initializeRequest } from './begin-session.ts';
import { ConversationPeer } from './conversation-peer.ts';
import { HeldCalls } from './held-calls.ts';
import { hasBegun, speaksModern } from './introductions.ts';
import { LegacySession } from './legacy-session.ts';
import { ModernSession } from './modern-session.ts';
import type { Converted } from './peer.ts';
import { discover, PROBE_MS } from './spoken.ts';

type Related = (message: JsonObject) => void;

/** What a conversation's owner hears of it. */
interface Hears {
  readonly said: (line: Pick<ServerLine, 'bytes'>) => void;
  readonly overheard: (text: string) => void;
}

/**
 * The conversation of one client over stdio with a server that may be of the other era. It is passed on as it is where both
 * speak alike, which the server is asked before a client's first request of the newer era, and shows by its answer to
 * `initialize`. MCP 2026-07-28 §"stdio: Backward Compatibility".
 */
export class ErasConversation {
  readonly #conversation: Conversation;
  readonly #peer: ConversationPeer;
  readonly #held = new HeldCalls();
  readonly #said: Hears['said'];
  readonly #agent: string;
  /** For a client of the newer era: our session at a server of the older one, undefined where it speaks the newer. */
  #older: Promise<LegacySession | undefined> | undefined;
  #session: LegacySession | undefined;
  /** For a client of the older era at a server of the newer one. */
  #newer: ModernSession | undefined;

  constructor(server: ServerCommand | OpenConnection, agent: string, hears: Hears) {
    this.#agent = agent;
    this.#said = hears.said;
    this.#conversation = new Conversation(server, { ...hears, said: (line) => this.#fromServer(line) });
    this.#peer = new ConversationPeer(this.#conversation);
  }

  get tools(): ToolDefinitions {
    return this.#conversation.tools;
  }

  get ended(): Promise<ServerEnd> {
    return this.#conversation.ended;
  }

  async close(): Promise<void> {
    this.#newer?.close();
    await this.#held.close();
    await this.#session?.close();
    await this.#conversation.close();
  }

  send(request: McpRequest, claim: RunningClaim | undefined, related: Related): Exchange {
    const { era, method } = request;
    if (era === 'legacy' && this.#newer !== undefined) return converted(this.#newer, request, claim, related);
    if (era === 'legacy' && method !== 'initialize') return this.#conversation.send(request, claim, related);
    const sent =
      era === 'legacy'
        ? this.#begin(request, claim, related)
        : this.#meet(request.params).then((older) =>
            older === undefined
              ? this.#conversation.send(request, claim, related)
              : converted(older, request, claim, related),
          );
    return {
      answer: sent.then(async ({ answer }) => await answer),
      cancel: (params) => void sent.then((exchange) => exchange.cancel(params)).catch(() => {}),
    };
  }

  async pass(message: ClientMessage): Promise<void> {
    if (this.#session !== undefined) return;
    if (this.#newer === undefined) return await this.#conversation.pass(message);
    if (message.kind === 'notification' && message.method === 'notifications/initialized')
      this.#newer.listen();
    await this.#newer.pass(message);
  }

  async listTools(params: JsonObject, cursor: string | undefined): Promise<JsonObject> {
    const server = await this.#server(params);
    if (server === undefined) return await this.#conversation.listTools(params, cursor);
    return await server.listTools(requestOf(0, 'tools/list', params, 'legacy'), cursor);
  }

  async read(params: JsonObject, tool: string, args: JsonObject): Promise<JsonObject> {
    const server = await this.#server(params);
    if (server === undefined) return await this.#conversation.read(params, tool, args);
    return await server.read(requestOf(0, 'tools/call', params, 'legacy'), tool, args);
  }

  /** Who speaks for the server to a caller with these params, where what is said must be converted. */
  async #server(params: JsonObject): Promise<Converted | undefined> {
    return metaOf(params)[PROTOCOL_VERSION] === undefined ? this.#newer : await this.#meet(params);
  }

  /** A client of the newer era meets the server. One child is one session, which declares what the first request does. */
  #meet(params: JsonObject): Promise<LegacySession | undefined> {
    return (this.#older ??= this.#introduce(capabilitiesOf(params)));
  }

  async #introduce(capabilities: JsonObject): Promise<LegacySession | undefined> {
    if (await this.#speaksModern()) return undefined;
    const answer = await this.#peer.send(initializeRequest(1, capabilities), () => {}).answer;
    const server = initializedBy(answer);
    const session = new LegacySession({ agent: this.#agent, peer: this.#peer, server, held: this.#held });
    this.#session = session;
    await this.#peer.tell(notificationOf('notifications/initialized'));
    return session;
  }

  /** A client of the older era begins: what the server answers is passed on as it is, unless it shows that it is of the newer. */
  async #begin(request: McpRequest, claim: RunningClaim | undefined, related: Related): Promise<Exchange> {
    const own = this.#conversation.send(request, undefined, related);
    const answer = await own.answer;
    const value = answer && valueOf(answer);
    if (value !== undefined && !hasBegun(value) && (await this.#speaksModern())) {
      this.#newer = new ModernSession(this.#peer, request, (message) => this.#tell(message));
      return converted(this.#newer, request, claim, related);
    }
    await claim?.answered(value);
    return { answer: Promise.resolve(answer), cancel: () => {} };
  }

  async #speaksModern(): Promise<boolean> {
    const { answer, cancel } = this.#peer.send(discover(), () => {});
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      cancel({ reason: 'no answer' });
      late.resolve(undefined);
    }, PROBE_MS);
    const got = await Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
    return got !== undefined && speaksModern(got);
  }

  #fromServer(line: ServerLine): void {
    if (this.#session !== undefined) this.#session.heardApart(line.value);
    else if (this.#newer !== undefined) this.#newer.heardApart(line.value);
    else this.#said(line);
  }

  #tell(message: JsonObject): void {
    this.#said({ bytes: Buffer.from(JSON.stringify(message)) });
  }
}

function converted(
  server: Converted,
  request: McpRequest,
  claim: RunningClaim | undefined,
  related: Related,
): Exchange {
  const running = server.run(request, claim, related);
  const answer = running.answer.then((message) => message && asAnswer(message));
  return { answer, cancel: (params) => running.cancel(params) };
}
