/** What lets our requests into an upstream, by names in lower case. */
export type CredentialHeaders = Readonly<Record<string, string>>;

/** Our credential towards one upstream. INVARIANT: nothing that an agent sends is part of it, and no agent sees it. */
export interface UpstreamCredential {
  /** For requests on behalf of this agent. Rejects with `UpstreamAway` where there is none to be had. */
  headers(agentId: string): Promise<CredentialHeaders>;
  /** The upstream has refused these. Answers whether `headers` may give others now. */
  rejected(agentId: string, headers: CredentialHeaders): boolean;
}
