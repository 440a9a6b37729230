import { Wire, type Message } from './wire.ts';

/** Speaks Streamable HTTP of 2025-11-25: a POST for each message, and one GET to listen on. */
export class HttpWire extends Wire {
  readonly #url: string;
  readonly #headers: Record<string, string> = {};
  readonly #left = new AbortController();
  readonly #streams: Promise<void>[] = [];

  constructor(url: string, key?: string) {
    super();
    this.#url = url;
    if (key !== undefined) this.#headers['authorization'] = `Bearer ${key}`;
  }

  async send(message: object): Promise<void> {
    const answer = await this.#request('POST', JSON.stringify(message));
    const session = answer.headers.get('mcp-session-id');
    if (session !== null && this.#headers['mcp-session-id'] === undefined) {
      this.#headers['mcp-session-id'] = session;
      this.#headers['mcp-protocol-version'] = '2025-11-25';
      this.#streams.push(this.#listen(await this.#request('GET'), this.apart));
    }
    this.#streams.push(this.#listen(answer));
  }

  async close(): Promise<void> {
    await (await this.#request('DELETE')).text();
    this.#left.abort();
    await Promise.all(this.#streams);
  }

  async #request(method: string, body?: string): Promise<Response> {
    return await fetch(this.#url, {
      method,
      headers: {
        accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.#headers,
      },
      signal: this.#left.signal,
      ...(body === undefined ? {} : { body }),
    });
  }

  async #listen(answer: Response, where: Message[] = this.heard): Promise<void> {
    if (answer.headers.get('content-type')?.startsWith('application/json') === true) {
      this.hear((await answer.json()) as Message, where);
      return;
    }
    let text = '';
    try {
      for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
        text += new TextDecoder().decode(chunk, { stream: true });
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const data = event
            .split('\n')
            .flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
          if (data.join('') !== '') this.hear(JSON.parse(data.join('\n')) as Message, where);
        }
      }
    } catch {
      // We hung up, or the server did.
    }
  }
}
