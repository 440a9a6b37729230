import type { Config } from '../config/config.ts';
import { scopesOf } from './scopes.ts';
import { ALGORITHMS } from './trusted-issuer.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
/** What tokens for all upstreams together are for. */
export const GATEWAY = '/mcp';

/** The canonical address of an MCP server here, by its path. RFC 8707 §2: no slash at the end, no fragment. */
export function resourceOf(publicUrl: string, path: string): string {
  return new URL(publicUrl).origin + path;
}

/** Where a resource's metadata is: the well-known name is inserted before its path. RFC 9728 §3.1. */
export function metadataAddress(publicUrl: string, path: string): string {
  return `${new URL(publicUrl).origin}${WELL_KNOWN}${path}`;
}

/** The metadata of the resource at a path, undefined where there is none. RFC 9728 §2. */
export function protectedResource(
  { issuers, upstreams, public_url }: Pick<Config, 'issuers' | 'upstreams' | 'public_url'>,
  path: string,
): Readonly<Record<string, unknown>> | undefined {
  const named = upstreams.find(({ name }) => path === `${GATEWAY}/${name}`);
  if (issuers.length === 0 || (named === undefined && path !== GATEWAY)) return undefined;
  const scopes = (named === undefined ? upstreams : [named]).flatMap((upstream) =>
    upstream.scopes === undefined ? [] : scopesOf(upstream.scopes),
  );
  return {
    resource: resourceOf(public_url, path),
    authorization_servers: issuers.map(({ issuer }) => issuer),
    ...(scopes.length === 0 ? {} : { scopes_supported: [...new Set(scopes)] }),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ALGORITHMS,
    dpop_bound_access_tokens_required: false,
  };
}
