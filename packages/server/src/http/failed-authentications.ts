import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TokenBucket } from '@countersign/core';
import type { Clock } from '../parts.ts';

/** Credentials of one address that may fail: at once, and a second. Nobody mistypes a key more often. */
export const FAILURES: { readonly burst: number; readonly perSecond: number } = { burst: 60, perSecond: 1 };
const MAX_ADDRESSES = 10_000;
const MAX_CREDENTIALS = 10_000;

/**
 * Failed authentications by remote address. Whoever has failed too often there is not looked at any more for a while,
 * but for credentials that passed lately: behind a proxy all callers share an address, and one of them must not shut out
 * the others. What passed lately is looked at like any other; it is only not refused unseen. X-Forwarded-For is anybody's
 * to write, so it counts for nothing.
 */
export class FailedAuthentications {
  readonly #clock: Clock;
  readonly #failed = new Map<string, TokenBucket>();
  readonly #passed = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds until this request's credential is looked at again; 0 for now, and then it is heard what comes of it. */
  wait(request: IncomingMessage, response: ServerResponse): number {
    const { authorization } = request.headers;
    // Without a credential there is nothing to look at.
    if (authorization === undefined) return 0;
    const address = networkOf(request.socket.remoteAddress ?? '');
    const credential = hash('sha256', authorization, 'base64url');
    const wait = this.#failed.get(address)?.wait(this.#clock()) ?? 0;
    if (wait > 0 && !this.#passed.has(credential)) return Math.ceil(wait / 1000);
    response.once('finish', () => {
      if (response.statusCode === 401) this.#fail(address, credential);
      else if (isProof(request, response)) remember(this.#passed, credential);
    });
    return 0;
  }

  #fail(address: string, credential: string): void {
    this.#passed.delete(credential);
    const now = this.#clock();
    const known = this.#failed.get(address);
    const bucket = known ?? new TokenBucket(FAILURES, now);
    bucket.take(now);
    if (known !== undefined) return;
    const [oldest] = this.#failed.keys();
    if (this.#failed.size >= MAX_ADDRESSES && oldest !== undefined) this.#failed.delete(oldest);
    this.#failed.set(address, bucket);
  }
}

/** Nothing is answered well to a POST under these without a credential that holds. */
function isProof({ method, url = '' }: IncomingMessage, { statusCode }: ServerResponse): boolean {
  return method === 'POST' && statusCode < 300 && /^\/(?:mcp|access\/v1)\//.test(url);
}

function remember(credentials: Set<string>, credential: string): void {
  if (credentials.has(credential)) return;
  const [oldest] = credentials;
  if (credentials.size >= MAX_CREDENTIALS && oldest !== undefined) credentials.delete(oldest);
  credentials.add(credential);
}

/** Who has one IPv6 address has all of its network's (RFC 4291 §2.5.4). */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return groups.slice(0, 4).join(':');
}
