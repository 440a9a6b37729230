import type { CredentialConfig, UpstreamConfig } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';
import { AccessTokens, type IssuedToken } from './access-tokens.ts';
import { clientAuthentication } from './client-authentication.ts';
import { fixedHeaders } from './fixed-headers.ts';
import type { UpstreamCredential } from './port.ts';
import { ACCESS_TOKEN, JWT, TokenEndpoint } from './token-endpoint.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** Signs for an agent, towards another authorization server. */
export type AgentAssertion = (agentId: string, audience: string) => Promise<string>;

/** The credential that the config gives us towards an upstream at a URL. Throws `ConfigError`. */
export function openCredential(
  upstream: UpstreamConfig & { readonly kind: 'http' },
  assertion: AgentAssertion | undefined,
  complain: (text: string) => void,
): UpstreamCredential {
  const { name, url, headers, credential } = upstream;
  if (credential === undefined) return fixedHeaders(headers);
  const { issuer, token_endpoint } = credential;
  const { endpoint, wanted } = askedFor(name, url, credential);
  if (credential.grant === 'client_credentials') {
    const fetch = (): Promise<IssuedToken> => endpoint.request('client_credentials', wanted);
    return new AccessTokens({ headers, keyOf: () => '', fetch, complain });
  }
  if (assertion === undefined)
    throw new ConfigError(`upstreams.${name}.credential: token_exchange needs an authority that signs`);
  const audience = issuer ?? token_endpoint ?? '';
  const fetch = async (agentId: string): Promise<IssuedToken> =>
    await endpoint.request(TOKEN_EXCHANGE, {
      subject_token: await assertion(agentId, audience),
      subject_token_type: JWT,
      requested_token_type: ACCESS_TOKEN,
      ...wanted,
    });
  return new AccessTokens({ headers, keyOf: (agentId) => agentId, fetch, complain });
}

/** The authorization server of an upstream, and what every request for a token of its says. Throws `ConfigError`. */
export function askedFor(
  name: string,
  url: string,
  credential: CredentialConfig,
): { readonly endpoint: TokenEndpoint; readonly wanted: Record<string, string> } {
  const { issuer, token_endpoint, client_id } = credential;
  const endpoint = new TokenEndpoint({
    ...(issuer === undefined ? {} : { issuer }),
    ...(token_endpoint === undefined ? {} : { tokenEndpoint: token_endpoint }),
    clientId: client_id,
    authentication: clientAuthentication(credential, `upstreams.${name}.credential`),
  });
  return { endpoint, wanted: target(credential, url) };
}

/** MCP 2026-07-28 §"Resource Parameter Implementation": the server's own URL is always named. */
function target({ scope, audience, resource }: CredentialConfig, url: string): Record<string, string> {
  return {
    resource: resource ?? url,
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
  };
}
