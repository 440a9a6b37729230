import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
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

/**
 * Takes the port first, so that it is known before anything names it, and a port in use costs nothing.
 * `/mcp` goes to the gateway after the same name check, everything else to the app.
 */
export async function listen(host: string, wanted: number): Promise<Listening> {
  const server = createServer({ maxHeaderSize: 32_768, headersTimeout: 20_000, requestTimeout: 120_000 });
  server.keepAliveTimeout = 65_000;
  let serve = (_request: IncomingMessage, response: ServerResponse): void =>
    answer(response, 503, 'unavailable', 'starting');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => serve(request, response));
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

function answer(response: ServerResponse, status: number, code: string, title: string): void {
  const body = JSON.stringify({ type: `urn:countersign:error:${code}`, title, status, code });
  response.writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '1' }).end(body);
}
