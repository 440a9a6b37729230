import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { DEFAULT_LIMITS } from '../config/limits.ts';
import { FailedAuthentications } from './failed-authentications.ts';
import { refuseNames, type Names } from './guards.ts';

/** A door that speaks raw node:http, for the sake of streaming and speed. */
export interface RawDoor {
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

/** What answers once everything is open. */
export interface Doors {
  readonly app: Hono;
  readonly gateway: RawDoor;
  readonly names: Names;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly server: Server;
  /** From now on requests reach the doors; until then all are told to come back. */
  open(doors: Doors): void;
  /** Stops accepting, lets what runs end for a moment, then closes every connection. */
  close(): Promise<void>;
}

const DRAIN_MS = 1500;

/** What a client may take its time for, in milliseconds. An answer may take any time: streams and held calls do. */
export interface SocketTimes {
  /** From the first byte of a request to the end of its headers. */
  readonly headers: number;
  /** To the end of its body. */
  readonly request: number;
  /** Without taking any of an answer that is there. */
  readonly unread: number;
  /** Between two requests. */
  readonly idle: number;
  /** How often that is looked at. */
  readonly checked: number;
}

export const SOCKET_TIMES: SocketTimes = {
  headers: 20_000,
  request: 60_000,
  unread: 60_000,
  idle: 65_000,
  checked: 5000,
};
export const MAX_HEADER_BYTES = 32_768;
export const MAX_HEADERS = 128;

export interface ListenOptions {
  /** Open connections; one more is closed at once. */
  readonly connections?: number;
  readonly times?: SocketTimes;
}

/**
 * Takes the port first, so that it is known before anything names it, and a port in use costs nothing.
 * `/mcp` goes to the gateway after the same name check, everything else to the app.
 */
export async function listen(
  host: string,
  wanted: number,
  { connections = DEFAULT_LIMITS.connections, times = SOCKET_TIMES }: ListenOptions = {},
): Promise<Listening> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: times.headers,
    requestTimeout: times.request,
    keepAliveTimeout: times.idle,
    connectionsCheckingInterval: times.checked,
  });
  // Node would leave out what is beyond, unseen; their size bounds them, and too many are refused below.
  server.maxHeadersCount = 0;
  server.maxConnections = connections;
  const failures = new FailedAuthentications(Date.now);
  let serve = (_request: IncomingMessage, response: ServerResponse): void =>
    answer(response, 503, 'unavailable', 'starting');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // A socket on which nothing moves: where something waits to be read, its reader is gone or wants us to keep it.
    response.setTimeout(times.unread, () => {
      if (response.writableLength > 0) response.destroy();
    });
    serve(request, response);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(wanted, host, listening);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : wanted;
  return {
    host,
    port,
    server,
    open({ app, gateway, names }) {
      const listener = getRequestListener(app.fetch);
      serve = (request, response) => {
        if (request.rawHeaders.length > 2 * MAX_HEADERS)
          return answer(response, 431, 'too_many_headers', `send at most ${MAX_HEADERS} headers`);
        const wait = failures.wait(request, response);
        if (wait > 0) {
          const text = 'too many credentials of this address were refused: wait, and check the key';
          return answer(response, 429, 'too_many_attempts', text, wait);
        }
        if (!/^\/mcp(?:\/|$|\?)/.test(request.url ?? '')) {
          void listener(request, response);
          return;
        }
        const refused = refuseNames(names, request.headers.host, request.headers.origin);
        if (refused === undefined) void gateway.handle(request, response);
        else answer(response, refused === 'bad_host' ? 421 : 403, refused, 'not a name of this server');
      };
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
      }),
  };
}

function answer(response: ServerResponse, status: number, code: string, title: string, wait = 1): void {
  const body = JSON.stringify({ type: `urn:countersign:error:${code}`, title, status, code });
  response
    .writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': String(wait) })
    .end(body);
}
