import type { CredentialHeaders, UpstreamCredential } from './port.ts';

/** The same for every agent, from the config. */
export function fixedHeaders(headers: CredentialHeaders): UpstreamCredential {
  return { headers: async () => headers, rejected: () => false };
}
