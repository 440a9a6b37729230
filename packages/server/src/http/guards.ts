import { ConsentError } from '@countersign/core';
import type { MiddlewareHandler } from 'hono';

/** Which names this server answers to; everything else is somebody else's page or a rebound name. */
export interface Names {
  /** The origin of `public_url`. */
  readonly origin: string;
  /** `host:port` values that may stand in Host. */
  readonly hosts: ReadonlySet<string>;
}

/** The names of a server: its public one, and loopback ones where it listens there. */
export function namesOf(
  publicUrl: string,
  listening: { readonly host: string; readonly port: number },
): Names {
  const { origin, host } = new URL(publicUrl);
  const { port } = listening;
  const own = isLoopback(listening.host)
    ? [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]
    : [`${listening.host}:${port}`];
  return { origin, hosts: new Set([host, ...own]) };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Why a request to these names is refused, or undefined. Checked at every door (DNS rebinding, cross-site requests). */
export function refuseNames(
  names: Names,
  host: string | undefined,
  origin: string | undefined,
): 'bad_host' | 'bad_origin' | undefined {
  if (host === undefined || !names.hosts.has(host.toLowerCase())) return 'bad_host';
  return origin === undefined || origin === names.origin ? undefined : 'bad_origin';
}

/** Refuses foreign Host and Origin headers. */
export function checkNames(names: () => Names): MiddlewareHandler {
  return async (context, next) => {
    const refused = refuseNames(names(), context.req.header('host'), context.req.header('origin'));
    if (refused === 'bad_host')
      throw new ConsentError('bad_host', 'this server has another name: see public_url');
    if (refused === 'bad_origin')
      throw new ConsentError('bad_origin', 'requests from other sites are refused');
    await next();
  };
}

/** Pages must not be framed, must not load anything from elsewhere, and tell nobody where they were. */
export function securityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    headers.set('x-content-type-options', 'nosniff');
    // With `no-referrer` a browser would send `Origin: null` to us, too.
    headers.set('referrer-policy', 'same-origin');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    headers.set(
      'permissions-policy',
      'publickey-credentials-get=(self), publickey-credentials-create=(self)',
    );
    headers.set(
      'content-security-policy',
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
  };
}
