import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createClient } from '@countersign/client';
import type { ConsentPort } from '@countersign/core';

export type Misbehave = (response: ServerResponse, request: IncomingMessage, attempt: number) => void;

/** One request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly body: Record<string, unknown>;
  /** Milliseconds since the first. */
  readonly after: number;
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Serves one misbehaviour and says what it was asked. */
export async function against(
  misbehave: Misbehave,
  ask: (port: ConsentPort, url: string) => Promise<unknown>,
) {
  const arrived: Arrived[] = [];
  const start = Date.now();
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      arrived.push({
        method: request.method ?? '',
        path: request.url ?? '',
        key: request.headers['idempotency-key'] as string | undefined,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
        after: Date.now() - start,
      });
      misbehave(response, request, arrived.length);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  try {
    const client = createClient({ url, token: 't' });
    const outcome = await ask(client, url).catch((error: unknown) => error);
    return { outcome, arrived, keys: arrived.map(({ key }) => key), url };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
