import { ConsentError, type JsonValue } from '@countersign/core';
import { exchange, type Connection } from './exchange.ts';

/**
 * Where to file. ARAP §"PEP Processing Rules": "MUST use the `endpoint` from the denial context when present; otherwise
 * it MUST use the `access_request_endpoint` from PDP metadata". INVARIANT: the key goes to the authority's own origin, or
 * to the one that its own metadata names, whatever a denial says. Throws `unavailable`.
 */
export async function requestEndpoint(connection: Connection, named: string | undefined): Promise<string> {
  const own = new URL(connection.url);
  const wanted = named === undefined ? undefined : parsed(named, own);
  if (wanted !== undefined && isSameOrigin(wanted, own)) return own.origin + wanted.pathname + wanted.search;
  const advertised = await advertisedEndpoint(connection, own);
  if (wanted === undefined) return advertised.href;
  if (!isSameOrigin(wanted, advertised))
    throw untrusted('the denial names an endpoint that is not one of this authority');
  return wanted.href;
}

async function advertisedEndpoint(connection: Connection, own: URL): Promise<URL> {
  const { body } = await exchange(connection, {
    method: 'GET',
    path: '/.well-known/authzen-configuration',
    retry: true,
  });
  const { policy_decision_point, access_request_endpoint } = (body ?? {}) as Partial<
    Record<string, JsonValue>
  >;
  if (typeof policy_decision_point !== 'string' || typeof access_request_endpoint !== 'string')
    throw untrusted('the authority has no metadata that names its endpoint');
  // AuthZEN 1.0 §9.2.3: "If these values are not identical, the data contained in the response MUST NOT be used".
  if (!isSameOrigin(parsed(policy_decision_point, own), own))
    throw untrusted('the metadata are those of another authority');
  return parsed(access_request_endpoint, own);
}

/** A server on this machine has several names, and all of them are its own. */
function isSameOrigin(a: URL, b: URL): boolean {
  if (a.origin === b.origin) return true;
  return a.protocol === b.protocol && a.port === b.port && isLoopback(a) && isLoopback(b);
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function parsed(text: string, base: URL): URL {
  try {
    return new URL(text, base);
  } catch {
    throw untrusted('an endpoint of the authority is not a url');
  }
}

function untrusted(why: string): ConsentError {
  return new ConsentError('unavailable', why);
}
