import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { consentIn } from '../answers.ts';
import type { McpRequest } from '../conversation.ts';
import { notificationOf, requestOf } from '../made-message.ts';
import { isId, isObject, metaOf, type ClientMessage } from '../message.ts';
import type { ToolDefinitions } from '../tool-definitions.ts';
import { SESSION, SessionGone, type HttpUpstream, type Link, type OpenCall } from '../upstream.ts';
import type { UpstreamAway } from '../upstream-away.ts';
import { MemoryResponse } from './memory-response.ts';
import type { Peer, PeerExchange } from './peer.ts';

/** What was answered to a message of ours, and under which session. */
export interface PeerAnswer {
  readonly answer: JsonObject | undefined;
  readonly session: string | undefined;
}

/**
 * A server behind HTTP, or that we start for HTTP, as a peer: each request in a link of its own, whose answer is read here.
 * Callers share a session of ours, so ids and progress tokens are ours.
 */
export class HttpPeer implements Peer {
  readonly #upstream: HttpUpstream;
  readonly #agent: string;
  readonly #headers: Readonly<Record<string, string>>;
  #gone: (() => void) | undefined;
  #count = 0;

  constructor(upstream: HttpUpstream, agent: string, headers: Readonly<Record<string, string>> = {}) {
    this.#upstream = upstream;
    this.#agent = agent;
    this.#headers = headers;
  }

  /** Hears when the upstream has forgotten our session. */
  whenGone(gone: () => void): void {
    this.#gone = gone;
  }

  /** Of the newer era: an agent's tools are the same for every request. */
  get tools(): ToolDefinitions {
    return this.#link(requestOf(0, 'tools/list', {}, this.#headers[SESSION] ? 'legacy' : 'modern')).tools;
  }

  async listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return await this.#inSession(() => this.#link(request).listTools(request, cursor));
  }

  async read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return await this.#inSession(() => this.#link(request).read(request, tool, args));
  }

  async tell(message: ClientMessage): Promise<void> {
    await this.#link(message).pass(message);
  }

  send(request: McpRequest, heard: (message: JsonObject) => void): PeerExchange {
    const { answer: answered, cancel } = this.exchange(request, heard);
    const answer = answered.then((got) => got.answer);
    answer.catch(() => {});
    return { answer, cancel };
  }

  /** The same, with the session that the answer names. Rejects with `UpstreamAway` where it was not sent. */
  exchange(
    request: McpRequest,
    heard: (message: JsonObject) => void,
  ): { readonly answer: Promise<PeerAnswer>; readonly cancel: PeerExchange['cancel'] } {
    const id = ++this.#count;
    const { progressToken } = metaOf(request.params);
    const own = renumbered(request, id);
    const link = this.#link(own);
    let away: UpstreamAway | undefined;
    const unsent = (found: UpstreamAway): void => void (away = found);
    const call: OpenCall = { request: own, hold: new AbortController(), forwarded: true, unsent };
    const response = new MemoryResponse();
    const answer = this.#read(response, id, (message) => {
      heard(isId(progressToken) ? withToken(message, id, progressToken) : message);
    }).then((got) => {
      if (away !== undefined) throw away;
      return got;
    });
    answer.catch(() => {});
    void link.run(call, response.reply(), undefined).catch(() => response.destroy());
    return {
      answer,
      cancel: (params) => {
        if (response.destroyed) return;
        const cancelled = { ...params, requestId: id };
        if (call.cancel !== undefined) call.cancel(cancelled);
        else if (own.era === 'legacy')
          void link.pass(notificationOf('notifications/cancelled', cancelled)).catch(() => {});
        // A server answers no request that was cancelled.
        response.destroy();
        link.drop();
      },
    };
  }

  /** Whether the upstream knows our session, as far as it can say without being asked. */
  get alive(): boolean {
    return typeof this.#upstream.link(this.#agent, this.#http('POST'), PING) !== 'string';
  }

  /** What the server says on the stream of the session; ends when it does. */
  listen(heard: (message: JsonObject) => void): () => void {
    const response = new MemoryResponse();
    const http = this.#http('GET');
    void this.#upstream.get(this.#agent, http, response.reply()).catch(() => response.destroy());
    void (async () => {
      for await (const message of response.messages()) if (response.status === 200) heard(message);
    })();
    return () => response.destroy();
  }

  /** Ends the session. */
  async close(): Promise<void> {
    const response = new MemoryResponse();
    response.resume();
    await this.#upstream.remove(this.#agent, this.#http('DELETE'), response.reply()).catch(() => {});
  }

  async #read(
    response: MemoryResponse,
    id: number,
    heard: (message: JsonObject) => void,
  ): Promise<PeerAnswer> {
    let answer: JsonObject | undefined;
    for await (const message of response.messages()) {
      const isAnswer = message['method'] === undefined && (message['id'] === id || message['id'] === null);
      if (isAnswer) answer = message;
      else if (message['method'] !== undefined) heard(message);
    }
    const { session, status } = response;
    if (status === 404 && this.#headers[SESSION] !== undefined) this.#gone?.();
    if (answer === undefined && status >= 400) answer = refused(id, status);
    return { answer: answer !== undefined && isLost(answer) ? undefined : answer, session };
  }

  async #inSession(ask: () => Promise<JsonObject>): Promise<JsonObject> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof SessionGone) this.#gone?.();
      throw error;
    }
  }

  #http(method: string): IncomingMessage {
    return { method, headers: this.#headers } as unknown as IncomingMessage;
  }

  #link(message: ClientMessage): Link {
    const link = this.#upstream.link(this.#agent, this.#http('POST'), message);
    if (typeof link !== 'string') return link;
    this.#gone?.();
    throw new SessionGone(`it gives us no session (${link})`);
  }
}

const PING = requestOf(0, 'ping', {}, 'legacy');

/** The same request under an id of ours, its progress token too. */
function renumbered({ method, params, era }: McpRequest, id: number): McpRequest {
  const token = metaOf(params)['progressToken'];
  const own = isId(token) ? { ...params, _meta: { ...metaOf(params), progressToken: id } } : params;
  return requestOf(id, method, own, era);
}

/** What is told of progress, under the caller's token. */
function withToken(message: JsonObject, own: number, token: string | number): JsonObject {
  const { method, params } = message;
  if (method !== 'notifications/progress' || !isObject(params) || params['progressToken'] !== own)
    return message;
  return { ...message, params: { ...params, progressToken: token } };
}

/** What an upstream says by its status alone. */
function refused(id: number, status: number): JsonObject {
  return {
    jsonrpc: '2.0',
    id,
    error: { code: -32603, message: `the mcp server refuses it: status ${status}` },
  };
}

/** An answer of our own that says that there was none. */
function isLost(answer: JsonObject): boolean {
  return consentIn(answer)?.['status'] === 'outcome-unknown';
}
