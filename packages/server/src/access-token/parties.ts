import { MAX_PARTIES } from '@countersign/core';
import type { JWTPayload } from 'jose';
import type { IssuerConfig } from '../config/config.ts';

/** A party of a token, and what the config says of it. */
export interface Party {
  readonly iss: string;
  readonly sub: string;
  readonly client_id?: string;
  /** The agent that it is, by name or id. */
  readonly agent?: string;
  /** The e-mail address of the person that it is. */
  readonly person?: string;
}

/** Who acts by a token, and on whose behalf. */
export interface ActingAgent {
  readonly kind: 'agent';
  readonly agent: string;
  /** The subject, who acts for it, who acted before; empty where an agent speaks for itself. */
  readonly chain: readonly Party[];
}

/** Who acts by a token, or why that cannot be said. */
export type Acting =
  | ActingAgent
  | { readonly kind: 'invalid'; readonly why: string }
  | { readonly kind: 'not_an_agent'; readonly why: string };

type Issuers = ReadonlyMap<string, { readonly config: IssuerConfig }>;

/**
 * Who acts by a verified token: the current actor of its `act`, or else its client, or else its subject. INVARIANT:
 * whoever is not mapped by name is no agent, and one issuer never vouches for another's agents.
 *
 * RFC 8693 §4.1 has prior actors "not … considered in access control decisions"; here they narrow what is decided and
 * give nothing.
 */
export function actingBy(
  claims: JWTPayload & { readonly iss: string; readonly sub: string },
  issuers: Issuers,
): Acting {
  const { iss, sub } = claims;
  const issuer = issuers.get(iss)?.config;
  const client_id = textOf(claims['client_id'] ?? claims['azp']);
  const actors = actorsOf(claims['act'], iss);
  if (typeof actors === 'string') return { kind: 'invalid', why: actors };
  if ([sub, ...actors.map((actor) => actor.sub)].some((each) => each.startsWith('agt_')))
    return { kind: 'invalid', why: 'the token names a subject like an agent of ours' };

  const subject = known({ iss, sub, ...(client_id === undefined ? {} : { client_id }) }, issuers);
  const client = issuer?.agents.find((each) => each.client_id !== undefined && each.client_id === client_id);
  const [current, ...prior] = actors;
  if (current === undefined) {
    const agent = client?.agent ?? subject.agent;
    if (agent === undefined) return NOBODY;
    const alone = subject.agent === agent || (sub === client_id && subject.agent === undefined);
    return { kind: 'agent', agent, chain: alone ? [] : [subject] };
  }
  if (current.iss !== iss) return { kind: 'invalid', why: 'the token has an actor of another issuer' };
  const actor = known(current, issuers);
  if (actor.agent === undefined) return NOBODY;
  if (client !== undefined && client.agent !== actor.agent)
    return { kind: 'invalid', why: 'the client and the actor of the token are two agents' };
  return {
    kind: 'agent',
    agent: actor.agent,
    chain: [subject, actor, ...prior.map((each) => known(each, issuers))],
  };
}

const NOBODY: Acting = {
  kind: 'not_an_agent',
  why: 'no agent is enrolled for this token: the operator maps its client_id or sub under issuers.agents',
};

function known(party: Party, issuers: Issuers): Party {
  const config = issuers.get(party.iss)?.config;
  const agent = config?.agents.find(({ sub }) => sub === party.sub)?.agent;
  const person =
    config !== undefined && Object.hasOwn(config.people, party.sub) ? config.people[party.sub] : undefined;
  return {
    ...party,
    ...(agent === undefined ? {} : { agent }),
    ...(person === undefined ? {} : { person }),
  };
}

/** The actors of an `act` claim, the current one first; or what is wrong with it. */
function actorsOf(act: unknown, iss: string): readonly Party[] | string {
  const actors: Party[] = [];
  for (let each = act; each !== undefined; each = (each as Record<string, unknown>)['act']) {
    // One place is the subject's.
    if (actors.length >= MAX_PARTIES - 1) return 'the delegation chain of the token is too long';
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return MALFORMED;
    const { sub, iss: own = iss } = each as Record<string, unknown>;
    const [named, vouched] = [textOf(sub), textOf(own)];
    if (named === undefined || vouched === undefined) return MALFORMED;
    actors.push({ iss: vouched, sub: named });
  }
  return actors;
}

const MALFORMED = 'the act claim of the token is malformed';

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 255 && value.isWellFormed()
    ? value
    : undefined;
}
