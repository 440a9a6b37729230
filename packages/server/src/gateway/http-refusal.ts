import type { ServerResponse } from 'node:http';
import type { JsonObject } from '@countersign/core';

/** What is wrong with the HTTP of it, before there is a message to answer. */
export function refuse(response: ServerResponse, status: number, code: string, detail: string): void {
  const body: JsonObject = { type: `urn:countersign:error:${code}`, title: detail, status, code };
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
  if (status === 413) response.once('finish', () => response.socket?.destroySoon());
}
