import type { Readable, Writable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { notRunMessage, outcomeUnknownMessage } from './answers.ts';
import { BridgeHttp, codeOf, isEvents, isRpc, neverLeft, refusal, type Session } from './bridge-http.ts';
import { BridgedTools } from './bridged-tools.ts';
import { asLine, lookAt, type BridgedMessage } from './bridged-message.ts';
import { readEvents } from './event-reader.ts';
import { readLines } from './lines.ts';
import { looseObject } from './loose-object.ts';
import { isId, isObject, type MessageId } from './message.ts';
import { pause } from './pause.ts';
import { SESSION } from './upstream.ts';

/** A little more than the gateway takes, so that it is the gateway that refuses, and says so. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
/** Notifications go one after the other: none may stop the rest for long. */
const NOTIFY_TIMEOUT_MS = 30_000;
/** How long to wait before a stream is taken up again, where its server does not say. */
const RETRY_MS = 1000;
/** And at least so long, whatever its server says. */
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 30_000;
const MAX_RESUMED = 5;

export interface StdioBridgeOptions {
  /** The upstream’s address at the gateway, like `http://localhost:7300/mcp/files`. */
  readonly url: string;
  /** The agent’s own key. */
  readonly key: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Says what went wrong, without bodies; to standard error. */
  readonly complain: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs the bridge: a client that speaks stdio alone, on our own standard input and output, meets the HTTP
 * gateway. Messages pass as the bytes that they are, in both eras; whatever is decided is decided there.
 */
export async function runStdioBridge(options: StdioBridgeOptions): Promise<void> {
  await new StdioBridge(options).run();
}

/** A session, and what opened it: a gateway that lost it is asked for another the same way. */
interface Opened extends Session {
  readonly opening: BridgedMessage;
  initialized?: BridgedMessage;
}

class StdioBridge {
  readonly #options: StdioBridgeOptions;
  readonly #gateway: BridgeHttp;
  readonly #tools = new BridgedTools();
  readonly #left = new AbortController();
  readonly #underWay = new Map<MessageId, AbortController>();
  /** Requests under way that the client of a session has cancelled: it is sent no response. */
  readonly #takenBack = new Set<MessageId>();
  #session: Opened | undefined;
  #reopening: Promise<boolean> | undefined;

  constructor(options: StdioBridgeOptions) {
    this.#options = options;
    this.#gateway = new BridgeHttp(options.url, { authorization: `Bearer ${options.key}` });
  }

  async run(): Promise<void> {
    const { stdin, signal, complain } = this.#options;
    let last: Promise<void> = Promise.resolve();
    // One after the other as far as their order means something: see `#fromClient`.
    const line = (bytes: Buffer): void => {
      last = last.then(() => this.#fromClient(lookAt(Buffer.from(bytes))));
    };
    await readLines(stdin, MAX_MESSAGE_BYTES, { line, complain }, signal);
    this.#left.abort();
    await this.#gateway.leave(this.#session);
  }

  /** Resolves when the next message may go: the first must have opened the session, a notification must have arrived. */
  async #fromClient(message: BridgedMessage): Promise<void> {
    const { id, method, era, params } = message;
    if (method === undefined || id === undefined) {
      const cancelled = method === 'notifications/cancelled' ? params['requestId'] : undefined;
      // In the stateless era closing the stream is the cancellation; a session has a message for it.
      if (isId(cancelled) && this.#session === undefined) this.#underWay.get(cancelled)?.abort();
      else {
        if (isId(cancelled) && this.#underWay.has(cancelled)) this.#takenBack.add(cancelled);
        await this.#notify(message);
      }
      return;
    }
    const open = new AbortController();
    this.#underWay.set(id, open);
    const signal = AbortSignal.any([this.#left.signal, open.signal]);
    const answered = this.#request(message, signal).finally(() => {
      this.#underWay.delete(id);
      this.#takenBack.delete(id);
    });
    if (era === 'legacy' && method === 'initialize') await answered;
  }

  async #notify(message: BridgedMessage): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#left.signal, AbortSignal.timeout(NOTIFY_TIMEOUT_MS)]);
      const answer = await this.#gateway.send(this.#session, message, signal);
      if (answer.statusCode >= 400) {
        const text = await answer.body.text();
        if (isRpc(answer) && message.method === undefined) await this.#write(text);
        this.#options.complain(`the gateway refused a message: status ${answer.statusCode}`);
        return;
      }
      await answer.body.dump();
      if (message.method !== 'notifications/initialized' || this.#session === undefined) return;
      this.#session.initialized = message;
      void this.#listen(this.#session);
    } catch (error) {
      if (!this.#left.signal.aborted) this.#options.complain(`a message did not arrive: ${codeOf(error)}`);
    }
  }

  async #request(message: BridgedMessage, signal: AbortSignal): Promise<void> {
    const { id = 0, method = '', era } = message;
    try {
      let answer = await this.#gateway.send(this.#session, message, signal, this.#tools.headersFor(message));
      if (answer.statusCode === 404 && era === 'legacy' && (await this.#lostSession(message))) {
        await answer.body.dump();
        answer = await this.#gateway.send(this.#session, message, signal);
      }
      if (method === 'initialize') return await this.#open(message, answer);
      if (await this.#pass(message, answer, signal)) return;
    } catch (error) {
      if (signal.aborted) return;
      this.#options.complain(`the gateway did not answer: ${codeOf(error)}`);
      if (neverLeft(error)) {
        return await this.#write(JSON.stringify(notRunMessage(id, method, era, { kind: 'unavailable' })));
      }
    }
    if (signal.aborted || this.#takenBack.has(id)) return;
    await this.#write(JSON.stringify(outcomeUnknownMessage(id, method, era)));
  }

  /** Passes an answer on as it comes. Answers whether the request has its answer now. */
  async #pass(
    message: BridgedMessage,
    answer: Dispatcher.ResponseData,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!isEvents(answer)) {
      const body = Buffer.from(await answer.body.arrayBuffer());
      this.#tools.learn(message, body);
      await this.#write(
        isRpc(answer) ? body : JSON.stringify(refusal(message.id ?? null, answer.statusCode, body)),
      );
      return true;
    }
    let from = answer;
    // A server may end a stream that it numbers, and go on where it is asked to (MCP 2025-11-25 §"Resumability").
    for (let resumed = 0; ; resumed++) {
      const { found, last, retry } = await this.#passEvents(from, message);
      if (found || (message.id !== undefined && this.#takenBack.has(message.id))) return true;
      const session = this.#session;
      if (last === undefined || session === undefined || resumed === MAX_RESUMED) return false;
      await pause(retry, signal);
      from = await this.#gateway.get(session, signal, last);
      if (!isEvents(from)) {
        await from.body.dump();
        return false;
      }
    }
  }

  async #passEvents(
    answer: Dispatcher.ResponseData,
    message: BridgedMessage | undefined,
  ): Promise<{ readonly found: boolean; readonly last: string | undefined; readonly retry: number }> {
    let last: string | undefined;
    let retry = RETRY_MS;
    let found = false;
    try {
      for await (const event of readEvents(answer.body)) {
        last = event.id ?? last;
        retry = Math.max(event.retry ?? retry, MIN_RETRY_MS);
        if (event.data === '') continue;
        if (message !== undefined) this.#tools.learn(message, event.data);
        await this.#write(event.data);
        found ||= message?.id !== undefined && isAnswerTo(event.data, message.id);
      }
    } catch (error) {
      if (this.#left.signal.aborted || last === undefined) throw error;
    }
    return { found, last, retry };
  }

  /** The answer to `initialize` opens the session that its headers name. */
  async #open(opening: BridgedMessage, answer: Dispatcher.ResponseData): Promise<void> {
    const chunks: Buffer[] = [];
    const id = answer.headers[SESSION];
    if (isEvents(answer)) {
      for await (const { data } of readEvents(answer.body)) if (data !== '') chunks.push(Buffer.from(data));
    } else chunks.push(Buffer.from(await answer.body.arrayBuffer()));
    const said = chunks.at(-1) ?? Buffer.alloc(0);
    if (typeof id === 'string') this.#session = { id, version: versionIn(said), opening };
    for (const chunk of chunks.slice(0, -1)) await this.#write(chunk);
    const plain = isRpc(answer) || isEvents(answer);
    await this.#write(plain ? said : JSON.stringify(refusal(opening.id ?? null, answer.statusCode, said)));
  }

  /**
   * Whether a session that the gateway does not know any more (it was restarted) is another now, so that the
   * message, which it refused and therefore did not act upon, may be sent once more.
   */
  async #lostSession({ method }: BridgedMessage): Promise<boolean> {
    const lost = this.#session;
    if (lost?.initialized === undefined || method === 'initialize') return false;
    this.#reopening ??= this.#reopen(lost, lost.initialized).finally(() => (this.#reopening = undefined));
    return await this.#reopening;
  }

  async #reopen(lost: Opened, initialized: BridgedMessage): Promise<boolean> {
    this.#session = undefined;
    const answer = await this.#gateway.send(undefined, lost.opening, this.#left.signal);
    const id = answer.headers[SESSION];
    await answer.body.dump();
    // Whatever came of it, the next try has what it takes.
    this.#session = typeof id === 'string' ? { ...lost, id } : lost;
    if (typeof id !== 'string' || answer.statusCode !== 200) return false;
    await (await this.#gateway.send(this.#session, initialized, this.#left.signal)).body.dump();
    this.#options.complain('the gateway was restarted: a new session was opened');
    void this.#listen(this.#session);
    return true;
  }

  /** Hears what the server says of itself, for as long as the session lasts. */
  async #listen(session: Opened): Promise<void> {
    const { signal } = this.#left;
    let from: string | undefined;
    let wait = RETRY_MS;
    while (!signal.aborted && this.#session === session) {
      try {
        const answer = await this.#gateway.get(session, signal, from);
        // 405: a server that says nothing of itself. 404: the session has ended, and the next message finds out.
        if (answer.statusCode !== 200) return await answer.body.dump();
        const { last, retry } = await this.#passEvents(answer, undefined);
        from = last ?? from;
        wait = retry;
      } catch {
        // The gateway is away; whoever speaks to it next is told so.
        wait = Math.min(2 * wait, MAX_RETRY_MS);
      }
      await pause(wait, signal);
    }
  }

  /** No faster than the client takes it. */
  async #write(message: Uint8Array | string): Promise<void> {
    if (message.length === 0 || this.#options.stdout.write(asLine(message))) return;
    await new Promise<void>((taken) => {
      this.#options.stdout.once('drain', taken);
      this.#left.signal.addEventListener('abort', () => taken(), { once: true });
    });
  }
}

function isAnswerTo(data: string, id: MessageId): boolean {
  const message = lookAt(Buffer.from(data));
  return message.method === undefined && message.id === id;
}

function versionIn(answer: Buffer): string | undefined {
  const result = looseObject(answer)?.['result'];
  const version = isObject(result) ? result['protocolVersion'] : undefined;
  return typeof version === 'string' ? version : undefined;
}
