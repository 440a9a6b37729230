const MAX_BYTES = 256 * 1024;

/** Where an issuer's metadata may be, in the order of MCP 2026-07-28 §"Authorization Server Metadata Discovery". */
export function metadataAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path === '' ? [] : [`${origin}${path}/.well-known/openid-configuration`]),
  ];
}

/** The `jwks_uri` of an issuer's metadata. RFC 8414 §3.3: metadata of another issuer "MUST NOT be used". Throws. */
export async function discoverKeys(issuer: string, timeoutMs: number): Promise<string> {
  for (const address of metadataAddresses(issuer)) {
    const response = await fetch(address, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 404) {
      await response.body?.cancel();
      continue;
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`its metadata answers with status ${response.status}`);
    }
    const text = await response.text();
    if (text.length > MAX_BYTES) throw new Error('its metadata is too long');
    return keysOf(JSON.parse(text), issuer);
  }
  throw new Error('it has no metadata: give its jwks_uri');
}

function keysOf(metadata: unknown, issuer: string): string {
  const { issuer: named, jwks_uri } = (metadata ?? {}) as Record<string, unknown>;
  if (named !== issuer) throw new Error('its metadata is of another issuer');
  if (typeof jwks_uri !== 'string' || !URL.canParse(jwks_uri))
    throw new Error('its metadata has no jwks_uri');
  // What was asked for in the clear, on this machine alone, may stay so.
  if (new URL(jwks_uri).protocol !== 'https:' && new URL(issuer).protocol === 'https:')
    throw new Error('its jwks_uri is not https');
  return jwks_uri;
}
