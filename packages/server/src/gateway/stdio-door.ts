import type { Readable, Writable } from 'node:stream';
import { JsonError, type ConsentPort, type JsonObject } from '@countersign/core';
import { errorMessage, notRunMessage, outcomeUnknownMessage } from './answers.ts';
import type { RunningClaim } from './claim.ts';
import { ChildServer, type ServerCommand, type ServerLine } from './child-server.ts';
import { enforce } from './enforce.ts';
import { HoldProgress } from './hold-progress.ts';
import { LineReader } from './lines.ts';
import { isKnownMethod, isPassThrough } from './mapping.ts';
import { isId, MessageError, readMessage, type ClientMessage, type MessageId } from './message.ts';
import { OwnRequests } from './own-requests.ts';
import { ToolDefinitions } from './tool-definitions.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;

export interface StdioGatewayOptions {
  readonly server: ServerCommand & { readonly name: string };
  readonly port: ConsentPort;
  readonly agentId: string;
  readonly holdMs: number;
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Says what went wrong, without bodies; to standard error. */
  readonly complain: (text: string) => void;
  readonly signal?: AbortSignal;
}

type Request = ClientMessage & { readonly kind: 'request' };

/** What is known of a client's request until it is answered. */
interface Open {
  readonly request: Request;
  readonly hold: AbortController;
  claim?: RunningClaim;
  forwarded: boolean;
}

/** Runs the stdio door: one client on our own standard input and output, one server as our child, until either ends. */
export async function runStdioGateway(options: StdioGatewayOptions): Promise<void> {
  const door = new StdioDoor(options);
  await door.run();
}

class StdioDoor {
  readonly #options: StdioGatewayOptions;
  readonly #child: ChildServer;
  readonly #own = new OwnRequests();
  readonly #tools = new ToolDefinitions();
  readonly #open = new Map<MessageId, Open>();
  /** Requests that the server put to the client: only to these does a response pass. */
  readonly #asked = new Set<MessageId>();

  constructor(options: StdioGatewayOptions) {
    this.#options = options;
    this.#child = new ChildServer(options.server, {
      line: (line) => void this.#fromServer(line),
      complaint: options.complain,
    });
  }

  async run(): Promise<void> {
    const { stdin, signal } = this.#options;
    const done = Promise.withResolvers<void>();
    const reader = new LineReader(MAX_MESSAGE_BYTES, (bytes) => void this.#fromClient(bytes));
    stdin.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#options.complain(String(error));
        done.resolve();
      }
    });
    stdin.on('end', () => done.resolve());
    signal?.addEventListener('abort', () => done.resolve(), { once: true });
    void this.#child.exited.then(() => done.resolve());
    await done.promise;
    await this.#close();
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
      switch (message.kind) {
        case 'response':
          if (this.#asked.delete(message.id)) await this.#child.send(message.value);
          return;
        case 'notification':
          await this.#notified(message);
          return;
        case 'request':
          await this.#requested(message);
      }
    } catch (error) {
      this.#options.complain(`a message was not handled: ${String(error)}`);
    }
  }

  async #notified(message: ClientMessage & { kind: 'notification' }): Promise<void> {
    if (!message.method.startsWith('notifications/')) return;
    if (message.method === 'notifications/cancelled') {
      const id = message.params['requestId'];
      const open = isId(id) ? this.#open.get(id) : undefined;
      open?.hold.abort();
      // A call that never reached the server has nothing there to cancel.
      if (open?.forwarded !== true) return;
    }
    await this.#child.send(message.value);
  }

  async #requested(request: Request): Promise<void> {
    const { id, method, era } = request;
    if (this.#open.has(id)) {
      this.#write(
        errorMessage(id, -32600, 'this id is in use by a request under way', { code: 'id_in_use' }),
      );
      return;
    }
    const open: Open = { request, hold: new AbortController(), forwarded: false };
    this.#open.set(id, open);
    if (isPassThrough(method)) return await this.#forward(open);
    if (!isKnownMethod(method)) {
      return this.#answer(open, errorMessage(id, -32601, 'unknown method', { code: 'unknown_method' }));
    }
    const progress = new HoldProgress();
    const verdict = await enforce(
      { agentId: this.#options.agentId, upstream: this.#options.server.name, method, params: request.params },
      {
        port: this.#options.port,
        holdMs: this.#options.holdMs,
        definition: (freshness) =>
          this.#tools.digestOf(request.params['name'], freshness, (cursor) =>
            this.#own.listTools((message) => this.#child.send(message), request.params, cursor),
          ),
        present: () => !open.hold.signal.aborted,
        gone: open.hold.signal,
        holding: () => progress.begin(request.params, (notification) => this.#write(notification)),
        failed: (error) => this.#options.complain(`deciding failed: ${String(error)}`),
      },
    );
    progress.end();
    switch (verdict.kind) {
      case 'run':
        if (verdict.claim !== undefined) open.claim = verdict.claim;
        return await this.#forward(open);
      case 'not_run':
        return this.#answer(open, notRunMessage(id, method, era, verdict.why));
      case 'bad_params':
        return this.#answer(open, errorMessage(id, -32602, 'the params do not name what the method needs'));
    }
  }

  /**
   * Crash order: the permit or claim is durable before this line; the message is written once; what came of
   * it is reported when the answer is here. Ending in between leaves the claim open, which ends as unknown.
   */
  async #forward(open: Open): Promise<void> {
    open.forwarded = true;
    try {
      await this.#child.send(open.request.value);
    } catch {
      await this.#lost(open);
    }
  }

  async #fromServer(line: ServerLine): Promise<void> {
    if (this.#own.take(line)) return;
    if (line.method === 'notifications/tools/list_changed') this.#tools.forget();
    if (line.method !== undefined && line.id !== undefined) this.#asked.add(line.id);
    if (line.method === undefined && line.id !== undefined) {
      const open = this.#open.get(line.id);
      // An answer to nothing that was asked is not passed on.
      if (open?.forwarded !== true) return;
      this.#open.delete(line.id);
      await open.claim?.settle(line.failed ? 'execution-error' : 'approved-executed');
    }
    this.#options.stdout.write(Buffer.concat([line.bytes, Buffer.from('\n')]));
  }

  #answer(open: Open, message: JsonObject): void {
    this.#open.delete(open.request.id);
    if (!open.hold.signal.aborted) this.#write(message);
  }

  async #lost(open: Open): Promise<void> {
    this.#open.delete(open.request.id);
    await open.claim?.settle('outcome-unknown');
    const { id, method, era } = open.request;
    this.#write(outcomeUnknownMessage(id, method, era));
  }

  async #close(): Promise<void> {
    for (const open of this.#open.values()) {
      open.hold.abort();
      if (open.forwarded) await this.#lost(open);
    }
    this.#own.close();
    await this.#child.close();
  }

  #write(message: JsonObject): void {
    this.#options.stdout.write(`${JSON.stringify(message)}\n`);
  }
}

/** The answer to what could not be read as a message; shared by every door. */
export function badMessage(error: unknown): JsonObject {
  if (error instanceof MessageError)
    return errorMessage(error.id, error.rpcCode, error.message, { code: error.code });
  if (error instanceof JsonError) return errorMessage(null, -32700, error.message, { code: error.code });
  return errorMessage(null, -32603, 'the message could not be read', { code: 'internal' });
}
