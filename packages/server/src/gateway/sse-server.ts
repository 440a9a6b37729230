import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject } from '@countersign/core';
import { look, type ServerEnd, type ServerLine } from './child-server.ts';
import { readEvents } from './event-reader.ts';
import { isId } from './message.ts';
import type { RemoteWire } from './remote-wire.ts';
import type { ConnectionSource, OpenConnection, ServerConnection } from './server-connection.ts';
import { UpstreamAway } from './upstream-away.ts';

/** How long a server may take to say where it wants its messages, and to take one. */
const PATIENCE_MS = 30_000;

/** An MCP server at a URL that speaks the transport of MCP 2024-11-05, HTTP with SSE. */
export class SseServers implements ConnectionSource {
  readonly #url: URL;
  readonly #wire: RemoteWire;

  constructor(url: string, wire: RemoteWire) {
    this.#url = new URL(url);
    this.#wire = wire;
  }

  open(agentId: string): OpenConnection {
    return (line) => new SseServer(this.#url, this.#wire, agentId, line);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }
}

/** One stream, on which the server says everything, and the endpoint that it names, to which everything is said. */
class SseServer implements ServerConnection {
  readonly exited: Promise<ServerEnd>;
  readonly #url: URL;
  readonly #wire: RemoteWire;
  readonly #agentId: string;
  readonly #line: (line: ServerLine) => void;
  readonly #ending = new AbortController();
  /** The path of the endpoint. */
  readonly #endpoint = Promise.withResolvers<string>();
  #end: ServerEnd | undefined;
  #gone = false;

  constructor(url: URL, wire: RemoteWire, agentId: string, line: (line: ServerLine) => void) {
    this.#url = url;
    this.#wire = wire;
    this.#agentId = agentId;
    this.#line = line;
    this.#endpoint.promise.catch(() => {});
    this.exited = this.#listen();
  }

  get gone(): boolean {
    return this.#gone;
  }

  async send(message: JsonObject): Promise<void> {
    const path = await this.#endpoint.promise;
    if (this.#gone) throw new UpstreamAway('it has ended', 1);
    const { statusCode, body } = await this.#wire.request(this.#agentId, {
      method: 'POST',
      path,
      headers: {},
      session: undefined,
      body: JSON.stringify(message),
      signal: AbortSignal.any([this.#ending.signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    await body.dump();
    const { id, method } = message;
    // What it did not accept it never answers on the stream.
    if (statusCode >= 400 && isId(id) && method !== undefined) {
      const error = { code: -32603, message: `the mcp server answers ${statusCode}` };
      this.#handOn(JSON.stringify({ jsonrpc: '2.0', id, error }));
    }
  }

  async close(): Promise<void> {
    this.#finish({ kind: 'closed' });
    await this.exited;
  }

  async #listen(): Promise<ServerEnd> {
    const late = setTimeout(() => this.#die('it names no endpoint'), PATIENCE_MS);
    try {
      const { statusCode, headers, body } = await this.#wire.request(this.#agentId, {
        method: 'GET',
        headers: {},
        session: undefined,
        signal: this.#ending.signal,
      });
      const isStream = String(headers['content-type'] ?? '').startsWith('text/event-stream');
      if (statusCode !== 200 || !isStream) this.#die(`it answers ${statusCode} and no event stream`);
      for await (const { type, data } of readEvents(body)) {
        if (type === 'endpoint') {
          clearTimeout(late);
          this.#found(data);
        } else if (type === undefined && data !== '' && this.#handOn(data)) await nextTurn();
      }
      this.#die('it ended its stream');
    } catch (error) {
      // What ended it first counts; aborting is only how it was ended.
      this.#die(error instanceof UpstreamAway ? error.message : 'its stream broke off');
    }
    clearTimeout(late);
    this.#gone = true;
    this.#endpoint.reject(new UpstreamAway('it has ended', 1));
    // Whoever waited for the endpoint is told that nothing was sent before all others that nothing is known.
    await nextTurn();
    return this.#end ?? { kind: 'closed' };
  }

  /** INVARIANT: messages, and our credential with them, go to no other origin than the one in the config. */
  #found(reference: string): void {
    const endpoint = URL.canParse(reference, this.#url.href) ? new URL(reference, this.#url.href) : undefined;
    if (endpoint?.origin === this.#url.origin) this.#endpoint.resolve(endpoint.pathname + endpoint.search);
    else this.#die('it names an endpoint at another origin');
  }

  #die(how: string): void {
    this.#finish({ kind: 'died', how });
  }

  #finish(end: ServerEnd): void {
    this.#end ??= end;
    this.#ending.abort();
  }

  /** Answers whether the line was an answer. */
  #handOn(text: string): boolean {
    const line = look(Buffer.from(text));
    if (line !== undefined) this.#line(line);
    return line?.id !== undefined && line.method === undefined;
  }
}
