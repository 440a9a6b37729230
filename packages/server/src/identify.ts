import type { IncomingHttpHeaders } from 'node:http';
import type { DelegationParty } from '@countersign/core';
import {
  AccessTokens,
  unauthorized,
  type Authorized,
  type Refused,
  type Resource,
} from './access-token/access-tokens.ts';
import type { Scheme } from './access-token/challenge.ts';
import type { Party } from './access-token/parties.ts';
import { GATEWAY, metadataAddress, resourceOf } from './access-token/protected-resource.ts';
import { scopesFor } from './access-token/scopes.ts';
import type { Authority } from './authority.ts';
import type { Config } from './config/config.ts';
import type { HttpGatewayOptions } from './gateway/http-door.ts';
import type { Identified } from './gateway/identified.ts';
import type { Agent } from './principal/port.ts';

/**
 * Who calls: an agent by its own key, or by an access token of an issuer that the config names. Nobody else's key opens
 * this door. What a client says of itself, such as its `clientInfo`, is never looked at.
 */
export function createIdentify(
  authority: Authority,
  config: Config,
  complain: (text: string) => void,
): HttpGatewayOptions['identify'] {
  const tokens = new AccessTokens(config.issuers, { clock: Date.now, complain });
  const scopes = new Map(config.upstreams.map((each) => [each.name, each.scopes]));
  return async (headers, { name, anonymous_agent }, { method = '', url = '' }) => {
    const credential = credentialOf(headers);
    if (credential === undefined && headers.authorization === undefined && anonymous_agent !== undefined)
      return identified(authority, await agentNamed(authority, anonymous_agent));
    // No API key of ours has a dot, and every token has.
    if (config.issuers.length === 0 || credential?.value.includes('.') !== true) {
      const agent =
        credential?.scheme === 'Bearer' ? await keyHolder(authority, credential.value) : undefined;
      if (agent !== undefined || config.issuers.length === 0) return identified(authority, agent);
      return unauthorized(
        resourceAt(config, name),
        credential && { scheme: credential.scheme, ...UNKNOWN_KEY },
      );
    }
    const authorized = await tokens.authorize(
      {
        scheme: credential.scheme,
        token: credential.value,
        proof: typeof headers['dpop'] === 'string' ? headers['dpop'] : undefined,
        method,
        url: resourceOf(config.public_url, url.split('?')[0] ?? ''),
      },
      resourceAt(config, name),
    );
    if (authorized.kind === 'refused') return authorized;
    return await actingFor(authority, authorized, {
      complain,
      tooNarrow: (upstream, tool) => authorized.tooNarrow(scopes.get(upstream), tool),
    });
  };
}

const UNKNOWN_KEY = {
  error: 'invalid_token',
  description: 'the credential is neither an access token nor the api key of an agent',
} as const;

interface Credential {
  readonly scheme: Scheme;
  readonly value: string;
}

function credentialOf({ authorization }: IncomingHttpHeaders): Credential | undefined {
  const [, scheme, value] = /^(Bearer|DPoP) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', value };
}

function identified(
  authority: Authority,
  agent: Agent | undefined,
  more: Partial<Identified> = {},
): Identified | undefined {
  if (agent === undefined) return undefined;
  const { delegation } = more;
  const port = authority.consent({
    kind: 'door',
    agent,
    ...(delegation === undefined ? {} : { delegation }),
  });
  return { agentId: agent.id, active: agent.status === 'active', port, ...more };
}

async function keyHolder(authority: Authority, key: string): Promise<Agent | undefined> {
  const caller = await authority.authenticate(key);
  return caller?.kind === 'agent' ? caller.agent : undefined;
}

async function agentNamed(authority: Authority, idOrName: string): Promise<Agent | undefined> {
  return await authority.registry.agent(idOrName).catch(() => undefined);
}

/** The agent of a good token with its chain, as they are enrolled now. INVARIANT: what the config names and nobody enrolled ends it. */
async function actingFor(
  authority: Authority,
  { acting, expires_at }: Authorized,
  {
    complain,
    tooNarrow,
  }: {
    readonly complain: (text: string) => void;
    readonly tooNarrow: NonNullable<Identified['tooNarrow']>;
  },
): Promise<Identified | Refused> {
  const agents = new Map<string, Agent>();
  for (const name of [acting.agent, ...acting.chain.flatMap(({ agent }) => agent ?? [])]) {
    const agent = await agentNamed(authority, name);
    if (agent === undefined) {
      complain(`issuers: no agent is called ${JSON.stringify(name)}: add it, or correct the name`);
      return { ...NOT_ENROLLED };
    }
    agents.set(name, agent);
  }
  const delegation = chained(acting.chain, agents);
  return (
    identified(authority, agents.get(acting.agent), {
      active: [...agents.values()].every(({ status }) => status === 'active'),
      ...(delegation === undefined ? {} : { delegation }),
      expires_at,
      tooNarrow,
    }) ?? { ...NOT_ENROLLED }
  );
}

const NOT_ENROLLED: Refused = {
  kind: 'refused',
  status: 403,
  code: 'not_an_agent',
  detail:
    'an agent of this token is not enrolled: the operator adds it, or corrects its name under issuers.agents',
  challenges: [],
};

/** Each in the `act` of the one on whose behalf it acts. RFC 8693 §4.1. */
function chained(
  [party, ...rest]: readonly Party[],
  agents: ReadonlyMap<string, Agent>,
): DelegationParty | undefined {
  if (party === undefined) return undefined;
  const { agent: name, ...named } = party;
  const agent = name === undefined ? undefined : agents.get(name);
  const act = chained(rest, agents);
  return {
    ...named,
    ...(agent === undefined ? {} : { agent: agent.id }),
    ...(act === undefined ? {} : { act }),
  };
}

/**
 * What a token may be for at an upstream's door, or without a name at the one of all. RFC 8707 §2 has clients name the
 * most specific address that they can, and lets a broader one stand for all below it: a token for the gateway is for
 * each of its upstreams, one for an upstream is for that one alone.
 */
function resourceAt({ public_url, upstreams }: Config, name?: string): Resource {
  const path = name === undefined ? GATEWAY : `${GATEWAY}/${name}`;
  const reached = name === undefined ? upstreams : upstreams.filter((each) => each.name === name);
  return {
    audience: [...new Set([resourceOf(public_url, path), resourceOf(public_url, GATEWAY)])],
    metadata: metadataAddress(public_url, path),
    scope: [...new Set(reached.flatMap(({ scopes }) => scopesFor(scopes)))],
  };
}
