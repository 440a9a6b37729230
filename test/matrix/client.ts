import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { readEvents } from '../../packages/server/src/gateway/event-reader.ts';

export type Era = '2025-11-25' | '2026-07-28';

export interface Message {
  readonly jsonrpc?: '2.0';
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: Readonly<Record<string, unknown>>;
}

/** What a client hears where there is no message: its connection ended. */
export const NOTHING = 'nothing: the connection ends';

/** A request that was sent. */
export interface Sent {
  readonly id: number;
  readonly answer: Promise<Message | typeof NOTHING>;
}

/** A client that says exactly what it is told to and keeps all that it hears, in one protocol era over one transport. */
export abstract class Client {
  readonly era: Era;
  readonly heard: Message[] = [];
  /** What it declares, in each request or when it begins. */
  readonly capabilities: object;
  #count = 0;

  constructor(era: Era, capabilities: object) {
    this.era = era;
    this.capabilities = capabilities;
  }

  /** Begins a session where the era has sessions. */
  async begin(): Promise<void> {
    if (this.era === '2026-07-28') return;
    const clientInfo = { name: 'matrix', version: '1' };
    const { capabilities } = this;
    await this.ask('initialize', { protocolVersion: this.era, capabilities, clientInfo });
    await this.tell('notifications/initialized', {});
  }

  async ask(method: string, params: object): Promise<Message | typeof NOTHING> {
    return await this.sent(method, params).answer;
  }

  sent(method: string, params: object): Sent {
    const id = ++this.#count;
    const meta =
      this.era === '2025-11-25'
        ? {}
        : {
            _meta: {
              'io.modelcontextprotocol/protocolVersion': this.era,
              'io.modelcontextprotocol/clientInfo': { name: 'matrix', version: '1' },
              'io.modelcontextprotocol/clientCapabilities': this.capabilities,
            },
          };
    return { id, answer: this.send(id, { jsonrpc: '2.0', id, method, params: { ...params, ...meta } }) };
  }

  protected abstract send(
    id: number,
    message: Message & { readonly method: string },
  ): Promise<Message | typeof NOTHING>;
  abstract tell(method: string, params: object): Promise<void>;
  /** Gives a request up, in the way of its era and transport. */
  abstract cancel(sent: Sent): Promise<void>;
  /** Leaves without a word. */
  abstract leave(): Promise<void>;
}

/** Streamable HTTP, in both eras. */
export class HttpClient extends Client {
  readonly #url: string;
  readonly #key: string;
  readonly #left = new AbortController();
  readonly #requests = new Map<number, AbortController>();
  #session: string | undefined;

  constructor(era: Era, capabilities: object, url: string, key: string) {
    super(era, capabilities);
    this.#url = url;
    this.#key = key;
  }

  override async begin(): Promise<void> {
    await super.begin();
    if (this.#session === undefined) return;
    const stream = await this.#fetch('GET', undefined, {}, this.#left.signal);
    void this.#hear(stream).catch(() => {});
  }

  protected async send(
    id: number,
    message: Message & { readonly method: string },
  ): Promise<Message | typeof NOTHING> {
    const given = new AbortController();
    this.#requests.set(id, given);
    try {
      const signal = AbortSignal.any([given.signal, this.#left.signal]);
      const answer = await this.#fetch('POST', message, this.#headersFor(message), signal);
      this.#session ??= answer.headers.get('mcp-session-id') ?? undefined;
      const isJson = answer.headers.get('content-type')?.includes('json') === true;
      if (isJson) return (await answer.json()) as Message;
      return (await this.#hear(answer, id)) ?? NOTHING;
    } catch {
      return NOTHING;
    }
  }

  async tell(method: string, params: object): Promise<void> {
    await (await this.#fetch('POST', { jsonrpc: '2.0', method, params }, {}, this.#left.signal)).text();
  }

  async cancel({ id }: Sent): Promise<void> {
    if (this.era === '2025-11-25') await this.tell('notifications/cancelled', { requestId: id });
    else this.#requests.get(id)?.abort();
  }

  async leave(): Promise<void> {
    this.#left.abort();
  }

  #headersFor({ method, params = {} }: Message & { readonly method: string }): Record<string, string> {
    if (this.era === '2025-11-25') return {};
    const name = params['name'] ?? params['taskId'];
    return {
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    };
  }

  #fetch(
    method: string,
    body: object | undefined,
    more: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    return fetch(this.#url, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${this.#key}`,
        accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
        'mcp-protocol-version': this.era,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#session === undefined ? {} : { 'mcp-session-id': this.#session }),
        ...more,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Keeps what a stream says, and answers the message that answers `id`. */
  async #hear(answer: Response, id?: number): Promise<Message | undefined> {
    for await (const { data } of readEvents((answer.body ?? []) as AsyncIterable<Uint8Array>)) {
      if (data === '') continue;
      const message = JSON.parse(data) as Message;
      if (id !== undefined && message.id === id && message.method === undefined) return message;
      this.heard.push(message);
    }
    return undefined;
  }
}

/** Whatever becomes of the test, none of its clients outlives it. */
const CHILDREN = new Set<ChildProcess>();
process.once('exit', () => CHILDREN.forEach((child) => child.kill('SIGKILL')));

/** Lines on the standard streams of a process. */
export class StdioClient extends Client {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (message: Message | typeof NOTHING) => void>();
  readonly #ended: Promise<void>;

  constructor(era: Era, capabilities: object, args: readonly string[], env: Record<string, string>) {
    super(era, capabilities);
    this.#child = spawn(process.execPath, [...args], { stdio: ['pipe', 'pipe', 'ignore'], env });
    CHILDREN.add(this.#child);
    this.#ended = new Promise((done) => this.#child.once('close', () => done()));
    this.#child.once('close', () => {
      CHILDREN.delete(this.#child);
      for (const answer of this.#waiting.values()) answer(NOTHING);
    });
    this.#child.stdin.on('error', () => {});
    let text = '';
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#hear(JSON.parse(line) as Message);
    });
  }

  protected send(id: number, message: Message): Promise<Message | typeof NOTHING> {
    return new Promise((answer) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return answer(NOTHING);
      this.#waiting.set(id, answer);
      this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    });
  }

  async tell(method: string, params: object): Promise<void> {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`);
  }

  async cancel({ id }: Sent): Promise<void> {
    await this.tell('notifications/cancelled', { requestId: id });
  }

  async leave(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    await this.#ended;
    clearTimeout(timer);
  }

  #hear(message: Message): void {
    const answer = typeof message.id === 'number' ? this.#waiting.get(message.id) : undefined;
    if (answer === undefined || message.method !== undefined) return void this.heard.push(message);
    this.#waiting.delete(Number(message.id));
    answer(message);
  }
}
