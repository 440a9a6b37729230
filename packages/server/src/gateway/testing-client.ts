import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The JSON-RPC messages of the answer, plain or as events. */
  readonly messages: Record<string, unknown>[];
}

export interface Ask {
  readonly method?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly headers?: Record<string, string>;
  readonly raw?: string;
  /** Hears each message as it comes; what is answered, true, hangs up. */
  readonly on?: (message: Record<string, unknown>) => boolean | void;
  /** Hangs up when it resolves. */
  readonly signal?: Promise<void>;
}

/** One HTTP request to a door, and everything that came of it. */
export function ask(url: string, message?: object, how: Ask = {}): Promise<Got> {
  const { method = 'POST', agent = 'agt_a', session, headers, raw, on, signal } = how;
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      url,
      {
        method,
        agent: false,
        headers: {
          authorization: `Bearer ${agent}`,
          accept: 'application/json, text/event-stream',
          ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
          ...(session === undefined ? {} : { 'mcp-session-id': session }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        const messages: Record<string, unknown>[] = [];
        let seen = 0;
        const done = (): void =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, messages });
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          const events = text.split('\n\n');
          for (; seen < events.length - 1; seen++) {
            const data = /^data: (.*)$/m.exec(events[seen] ?? '')?.[1];
            if (data === undefined || data === '') continue;
            const event = JSON.parse(data) as Record<string, unknown>;
            messages.push(event);
            if (on?.(event) === true) call.destroy();
          }
        });
        response.on('end', () => {
          const isJson = /^application\/(?:problem\+)?json/.test(response.headers['content-type'] ?? '');
          if (isJson) messages.push(JSON.parse(text) as Record<string, unknown>);
          done();
        });
        response.on('error', done);
      },
    );
    void signal?.then(() => call.destroy());
    call.on('error', (error) =>
      on === undefined ? reject(error) : resolve({ status: 0, headers: {}, text: '', messages: [] }),
    );
    call.end(raw ?? (message === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', ...message })));
  });
}
