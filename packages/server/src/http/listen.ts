import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { refuseNames, type Names } from './guards.ts';

/** A door that speaks raw node:http, for the sake of streaming and speed. */
export interface RawDoor {
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly server: Server;
  /** Stops accepting, lets what runs end for a moment, then closes every connection. */
  close(): Promise<void>;
}

const DRAIN_MS = 3000;

/** Listens; `/mcp/` goes to the gateway after the same name check, everything else to the app. */
export async function listen(options: {
  readonly app: Hono;
  readonly gateway?: RawDoor;
  readonly names: () => Names;
  readonly host: string;
  readonly port: number;
}): Promise<Listening> {
  const { app, gateway, names, host } = options;
  const listener = getRequestListener(app.fetch);
  const server = createServer({ maxHeaderSize: 32_768, headersTimeout: 20_000, requestTimeout: 120_000 });
  server.keepAliveTimeout = 65_000;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (gateway === undefined || !request.url?.startsWith('/mcp')) {
      void listener(request, response);
      return;
    }
    const refused = refuseNames(names(), request.headers.host, request.headers.origin);
    if (refused === undefined) {
      void gateway.handle(request, response);
      return;
    }
    const status = refused === 'bad_host' ? 421 : 403;
    const body = JSON.stringify({
      type: `urn:countersign:error:${refused}`,
      title: refused,
      status,
      code: refused,
    });
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(body);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(options.port, host, listening);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    host,
    port,
    server,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
      }),
  };
}
