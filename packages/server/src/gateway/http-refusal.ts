import type { ServerResponse } from 'node:http';
import type { JsonObject } from '@countersign/core';

/** What is wrong with the HTTP of it, before there is a message to answer. */
export function refuse(response: ServerResponse, status: number, code: string, detail: string): void {
  const body: JsonObject = { type: `urn:countersign:error:${code}`, title: detail, status, code };
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
  if (status === 413) response.once('finish', () => response.socket?.destroySoon());
}

/** Why a request goes no further that came with no credential, or with one that is no good or too narrow. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** How to come by one that would do: the `WWW-Authenticate` headers. RFC 9110 §11.6.1. */
  readonly challenges: readonly string[];
}

export function refuseCaller(response: ServerResponse, { status, code, detail, challenges }: Refusal): void {
  if (challenges.length > 0) response.setHeader('www-authenticate', [...challenges]);
  if (status === 503) response.setHeader('retry-after', '5');
  refuse(response, status, code, detail);
}
