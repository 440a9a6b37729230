import { randomUUID } from 'node:crypto';
import {
  WebStandardStreamableHTTPServerTransport as Transport,
  type EventStore,
  type JSONRPCMessage,
} from '@modelcontextprotocol/server';
import { everything } from './server.ts';

const RETRY_MS = 100;

/** The sessions of 2025-11-25, each a server of its own whose streams can be taken up again. */
export class Sessions {
  readonly #open = new Map<string, Transport>();

  async fetch(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id === null) return await (await this.#begin()).handleRequest(request);
    const known = this.#open.get(id);
    if (known !== undefined) return await known.handleRequest(request);
    const error = { code: -32001, message: 'Session not found' };
    return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 });
  }

  async #begin(): Promise<Transport> {
    const transport = new Transport({
      sessionIdGenerator: randomUUID,
      eventStore: new Events(),
      retryInterval: RETRY_MS,
      onsessioninitialized: (id) => void this.#open.set(id, transport),
      onsessionclosed: (id) => void this.#open.delete(id),
    });
    await everything('legacy').connect(transport);
    return transport;
  }
}

/** What was sent, by stream, in order. */
class Events implements EventStore {
  readonly #sent: { readonly stream: string; readonly message: JSONRPCMessage }[] = [];

  storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    return Promise.resolve(String(this.#sent.push({ stream, message }) - 1));
  }

  async replayEventsAfter(
    last: string,
    { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const { stream = '' } = this.#sent[Number(last)] ?? {};
    for (const [at, event] of this.#sent.entries()) {
      // A stream begins with an event without a message, so that there is one to come back after.
      if (at > Number(last) && event.stream === stream && 'jsonrpc' in event.message)
        await send(String(at), event.message);
    }
    return stream;
  }
}
