import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@countersign/core';
import type { ServerLine } from './child-server.ts';
import { isObject, protocolMeta } from './message.ts';

const TIMEOUT_MS = 30_000;

interface Waiting {
  readonly resolve: (result: JsonObject) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** The gateway's own requests to a server, beside the client's: unguessable ids, answers that the client never sees. */
export class OwnRequests {
  readonly #prefix: string = `countersign-${randomUUID()}-`;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;

  /** One page of `tools/list`, in the era of the call that it is for. */
  async listTools(
    send: (message: JsonObject) => Promise<void>,
    callParams: JsonObject,
    cursor: string | undefined,
  ): Promise<JsonObject> {
    const id = `${this.#prefix}${this.#count++}`;
    const meta = protocolMeta(callParams);
    const params: JsonObject = {
      ...(cursor === undefined ? {} : { cursor }),
      ...(Object.keys(meta).length === 0 ? {} : { _meta: meta }),
    };
    const answer = new Promise<JsonObject>((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(id, new Error('the server does not list its tools')),
        TIMEOUT_MS,
      );
      this.#waiting.set(id, { resolve, reject, timer });
    });
    // Whoever fails first, the answer is awaited below; a rejection in between must not go unhandled.
    answer.catch(() => {});
    await send({ jsonrpc: '2.0', id, method: 'tools/list', params });
    return await answer;
  }

  /** Takes the line when it answers one of our own requests. */
  take(line: ServerLine): boolean {
    if (typeof line.id !== 'string' || line.method !== undefined || !line.id.startsWith(this.#prefix))
      return false;
    const { result } = line.value;
    const waiting = this.#waiting.get(line.id);
    if (waiting !== undefined && isObject(result)) {
      this.#waiting.delete(line.id);
      clearTimeout(waiting.timer);
      waiting.resolve(result);
    } else this.#fail(line.id, new Error('the server refuses to list its tools'));
    return true;
  }

  /** Rejects everything that still waits: the server is gone. */
  close(): void {
    for (const id of this.#waiting.keys()) this.#fail(id, new Error('the mcp server has ended'));
  }

  #fail(id: string, error: Error): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.reject(error);
  }
}
