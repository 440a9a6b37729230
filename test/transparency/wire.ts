export interface Message {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** How a client puts a request of the server's right. */
export type Replier = (request: Message) => Record<string, unknown>;

/** A client's end of a conversation, without any library between: what arrives is recorded as it arrives. */
export abstract class Wire {
  /** What the server said where its answers come, in order. */
  readonly heard: Message[] = [];
  /** What it said on a stream apart, of which nobody can tell where among the rest it belongs. */
  readonly apart: Message[] = [];
  readonly #all: Message[] = [];
  /** Answers what the server asks. */
  reply: Replier = ({ method }) => {
    throw new Error(`nobody expected the server to ask for ${method ?? '?'}`);
  };
  readonly #waiting = new Set<() => void>();

  abstract send(message: object): Promise<void>;
  abstract close(): Promise<void>;

  /** Sends a request and resolves with its answer. */
  async ask(id: number, method: string, params?: object): Promise<Message> {
    const answered = this.until((message) => message.id === id && message.method === undefined);
    await this.send({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) });
    return await answered;
  }

  async tell(method: string, params?: object): Promise<void> {
    await this.send({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) });
  }

  /** The first message, of those heard from now on, that is the one. */
  async until(isIt: (message: Message) => boolean): Promise<Message> {
    for (let seen = this.#all.length; ;) {
      for (; seen < this.#all.length; seen++) {
        const message = this.#all[seen];
        if (message !== undefined && isIt(message)) return message;
      }
      await new Promise<void>((more) => this.#waiting.add(more));
    }
  }

  protected hear(message: Message, where: Message[] = this.heard): void {
    where.push(message);
    this.#all.push(message);
    for (const more of this.#waiting) more();
    this.#waiting.clear();
    if (message.method === undefined || message.id === undefined) return;
    void this.send({ jsonrpc: '2.0', id: message.id, result: this.reply(message) });
  }
}
