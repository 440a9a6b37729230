import type { JsonObject } from '@countersign/core';
import { Pool, type Dispatcher } from 'undici';
import { errorMessage } from './answers.ts';
import { modernHeaders, type BridgedMessage } from './bridged-message.ts';
import { looseObject } from './loose-object.ts';
import type { MessageId } from './message.ts';
import { SESSION } from './upstream.ts';

/** The client waits for us to end; a session that nobody ends rests, and then ends by itself. */
const LEAVE_TIMEOUT_MS = 1500;

/** What a session of the older era adds to each request. */
export interface Session {
  readonly id: string;
  readonly version: string | undefined;
}

/** A client’s requests to one MCP server over HTTP, in both eras. */
export class BridgeHttp {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #own: Readonly<Record<string, string>>;

  /** `own` goes with every request: who asks. */
  constructor(url: string, own: Readonly<Record<string, string>>) {
    const { origin, pathname, search } = new URL(url);
    // A held call is answered when a person has answered: nothing here is too slow.
    // HTTP/1.1 alone: see `openPool`.
    this.#pool = new Pool(origin, { connections: 256, allowH2: false, headersTimeout: 0, bodyTimeout: 0 });
    this.#path = pathname + search;
    this.#own = own;
  }

  async send(
    session: Session | undefined,
    message: BridgedMessage,
    signal: AbortSignal,
    more: Record<string, string> = {},
  ): Promise<Dispatcher.ResponseData> {
    const isModern = message.era === 'modern';
    return await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: {
        ...this.#headers(isModern ? undefined : session),
        'content-type': 'application/json',
        ...(isModern ? { ...modernHeaders(message), ...more } : {}),
      },
      body: message.bytes,
      signal,
    });
  }

  /** The stream of what the server says of itself, or of an answer after the event `last`. */
  async get(session: Session, signal: AbortSignal, last?: string): Promise<Dispatcher.ResponseData> {
    return await this.#pool.request({
      method: 'GET',
      path: this.#path,
      headers: {
        ...this.#headers(session),
        accept: 'text/event-stream',
        ...(last === undefined ? {} : { 'last-event-id': last }),
      },
      signal,
    });
  }

  /** Ends the session, where there is one, and every connection. */
  async leave(session: Session | undefined): Promise<void> {
    try {
      if (session === undefined) return;
      const answer = await this.#pool.request({
        method: 'DELETE',
        path: this.#path,
        headers: this.#headers(session),
        signal: AbortSignal.timeout(LEAVE_TIMEOUT_MS),
      });
      await answer.body.dump();
    } catch {
      // The gateway is gone, and the session with it.
    } finally {
      await this.#pool.destroy();
    }
  }

  #headers(session: Session | undefined): Record<string, string> {
    return {
      accept: 'application/json, text/event-stream',
      ...this.#own,
      ...(session === undefined ? {} : { [SESSION]: session.id }),
      ...(session?.version === undefined ? {} : { 'mcp-protocol-version': session.version }),
    };
  }
}

export function isEvents(answer: Dispatcher.ResponseData): boolean {
  return typeOf(answer) === 'text/event-stream';
}

/** Whether the body is a message: HTTP's own refusals are problem documents. */
export function isRpc(answer: Dispatcher.ResponseData): boolean {
  return typeOf(answer) === 'application/json';
}

/** What a client is told of a refusal in HTTP's words. Whatever is refused so has not run. */
export function refusal(id: MessageId | null, status: number, body: Uint8Array): JsonObject {
  // Where it says nothing, somebody else answers there, in words of their own.
  const said = looseObject(body)?.['title'];
  const title = typeof said === 'string' ? said : 'the gateway did not take it';
  return errorMessage(id, -32603, `not run: ${title} (status ${status}): see \`countersign doctor\``, {
    status,
  });
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

const NO_CONNECTION =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/**
 * Whether a message never left, so that nothing can have run. INVARIANT: a route that is lost under a connection has the same
 * codes as one that was never there; what the machine was doing tells them apart.
 */
export function neverLeft(error: unknown): boolean {
  const syscall = error instanceof Error && 'syscall' in error ? error.syscall : undefined;
  const connecting = syscall === undefined || syscall === 'connect' || syscall === 'getaddrinfo';
  return connecting && NO_CONNECTION.test(codeOf(error));
}

function typeOf({ headers }: Dispatcher.ResponseData): string {
  return (
    String(headers['content-type'] ?? '')
      .split(';')[0]
      ?.trim()
      .toLowerCase() ?? ''
  );
}
