import type { Dispatcher } from 'undici';

/** Bytes and pieces of one answer that wait to be read before the server is not listened to for a while. */
const HIGH_WATER = 64 * 1024;
const MAX_PIECES = 1024;
/** What of an answer that nobody wants is read so that its connection can be used again; more costs more than another. */
const MAX_DUMPED = 128 * 1024;

/** The head of a server's answer, and its body as it comes. */
export interface WireAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: WireBody;
}

/**
 * Sends one request; rejects where there is no answer, with what aborted it where that is why.
 *
 * It stands on undici's dispatching and not on its `request`, which assigns a closure to a property of each call: V8
 * allocates such a closure among the old objects, where it holds the whole call, answer and all, until a full collection.
 */
export function dispatch(
  dispatcher: Dispatcher,
  { signal, ...request }: Dispatcher.DispatchOptions & { readonly signal?: AbortSignal },
): Promise<WireAnswer> {
  return new Promise((answered, failed) => {
    dispatcher.dispatch(request, new Exchange(answered, failed, signal));
  });
}

/** One request and its answer. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #answered: (answer: WireAnswer) => void;
  readonly #failed: (error: unknown) => void;
  #signal: AbortSignal | undefined;
  readonly #aborted: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #body: WireBody | undefined;

  constructor(
    answered: (answer: WireAnswer) => void,
    failed: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#answered = answered;
    this.#failed = failed;
    this.#signal = signal;
    // Not assigned as it is written, nor an object that listens: both would be such a closure.
    const aborted = (): void => this.#controller?.abort(abortReason(signal));
    this.#aborted = aborted;
    signal?.addEventListener('abort', aborted, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was aborted while it waited for a connection.
    if (this.#signal?.aborted === true) controller.abort(abortReason(this.#signal));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // What only says that an answer will come is none (RFC 9110 §15.2).
    if (statusCode < 200) return;
    this.#body = new WireBody(controller);
    this.#answered({ statusCode, headers, body: this.#body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#release();
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#release();
    if (this.#body === undefined) this.#failed(error);
    else this.#body.fail(error);
  }

  #release(): void {
    this.#signal?.removeEventListener('abort', this.#aborted);
    this.#signal = undefined;
  }
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted');
}

/** The body of one answer, to be read once. Who leaves before its end breaks it off; what is not read holds it up. */
export class WireBody implements AsyncIterableIterator<Buffer, undefined> {
  readonly #controller: Dispatcher.DispatchController;
  readonly #chunks: Buffer[] = [];
  /** How many of them were read: to move all others for each takes longer than to read them. */
  #read = 0;
  #unread = 0;
  #over: 'ended' | 'left' | { readonly error: Error } | undefined;
  #waiting: PromiseWithResolvers<IteratorResult<Buffer, undefined>> | undefined;

  constructor(controller: Dispatcher.DispatchController) {
    this.#controller = controller;
  }

  /** More of it has come. */
  push(chunk: Buffer): void {
    if (this.#over !== undefined) return;
    if (this.#waiting !== undefined) {
      this.#waiting.resolve({ done: false, value: chunk });
      this.#waiting = undefined;
      return;
    }
    this.#chunks.push(chunk);
    this.#unread += chunk.length;
    if (!this.#hasRoom) this.#controller.pause();
  }

  /** It is whole. */
  end(): void {
    this.#over ??= 'ended';
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  /** It will never be whole. */
  fail(error: Error): void {
    this.#over ??= { error };
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  get #hasRoom(): boolean {
    return this.#unread < HIGH_WATER && this.#chunks.length - this.#read < MAX_PIECES;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    const chunk = this.#chunks[this.#read];
    if (chunk !== undefined) {
      this.#unread -= chunk.length;
      this.#read++;
      if (this.#read === this.#chunks.length) {
        this.#chunks.length = 0;
        this.#read = 0;
      }
      if (this.#hasRoom && this.#controller.paused) this.#controller.resume();
      return Promise.resolve({ done: false, value: chunk });
    }
    // Of a body that broke off, what came before is read first.
    if (typeof this.#over === 'object') return Promise.reject(this.#over.error);
    if (this.#over !== undefined) return Promise.resolve({ done: true, value: undefined });
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#chunks.length = 0;
    this.#read = 0;
    if (this.#over === undefined) {
      this.#over = 'left';
      this.#controller.abort(new Error('the rest of the answer is not wanted'));
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Reads what nobody wants, so that its connection is free; resolves also where it breaks off. */
  async dump(): Promise<void> {
    let size = 0;
    try {
      for await (const chunk of this) {
        size += chunk.length;
        if (size > MAX_DUMPED) return;
      }
    } catch {
      // Nobody wanted it.
    }
  }
}
