import { decodeJwt } from 'jose';
import type { IssuerConfig, ScopesConfig } from '../config/config.ts';
import { challenge, challenges, type Fault, type Scheme, type Way } from './challenge.ts';
import { Proofs } from './dpop.ts';
import { actingBy, type ActingAgent } from './parties.ts';
import { covers, grantedBy, scopesFor } from './scopes.ts';
import { TrustedIssuer, type IssuerOptions, type Verified } from './trusted-issuer.ts';

/** A request as far as its credential needs it. */
export interface Presented {
  readonly scheme: Scheme;
  readonly token: string;
  readonly proof: string | undefined;
  readonly method: string;
  /** Its address by our public name, without a query. */
  readonly url: string;
}

/** What a token is presented to, and how to come by one. */
export interface Resource extends Way {
  /** What a token may be for. */
  readonly audience: readonly string[];
}

/** Why a request goes no further, as HTTP tells it. */
export interface Refused {
  readonly kind: 'refused';
  readonly status: 401 | 403 | 503;
  readonly code: string;
  readonly detail: string;
  readonly challenges: readonly string[];
}

/** Whoever presents a good token. */
export interface Authorized {
  readonly kind: 'authorized';
  readonly acting: ActingAgent;
  /** When the token ends, in milliseconds since the epoch. */
  readonly expires_at: number;
  /** Why the token is too narrow for an operation that needs these scopes, if it is. */
  readonly tooNarrow: (scopes: ScopesConfig | undefined, tool?: string) => Refused | undefined;
}

export interface AccessTokensOptions extends IssuerOptions {
  /** Says which issuer failed and how; never what was presented. */
  readonly complain: (text: string) => void;
}

/** Access tokens of the issuers that the config names. */
export class AccessTokens {
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>;
  readonly #proofs: Proofs;
  readonly #complain: (text: string) => void;

  constructor(issuers: readonly IssuerConfig[], options: AccessTokensOptions) {
    this.#issuers = new Map(issuers.map((each) => [each.issuer, new TrustedIssuer(each, options)]));
    this.#proofs = new Proofs(options.clock);
    this.#complain = options.complain;
  }

  /**
   * Who presents this: (1) an issuer that we know signed it, for us, and its time is not up; (2) whoever presents it
   * holds the key that it is bound to, if to any; (3) who acts by it is an enrolled agent. Everything else is refused.
   */
  async authorize(presented: Presented, way: Resource): Promise<Authorized | Refused> {
    const { scheme, token } = presented;
    const verified = await this.#verified(token, way);
    if (verified.kind === 'unavailable') return away('the issuer of the token cannot be reached');
    if (verified.kind === 'invalid')
      return unauthorized(way, { scheme, error: 'invalid_token', description: verified.why });
    const { claims } = verified;

    const unproven = await this.#unproven(presented, claims['cnf'], way);
    if (unproven !== undefined) return unproven;

    const acting = actingBy(claims, this.#issuers);
    if (acting.kind === 'invalid')
      return unauthorized(way, { scheme, error: 'invalid_token', description: acting.why });
    // Another token of the same client would not help, so there is no challenge.
    if (acting.kind === 'not_an_agent')
      return { kind: 'refused', status: 403, code: 'not_an_agent', detail: acting.why, challenges: [] };
    const granted = grantedBy(claims);
    return {
      kind: 'authorized',
      acting,
      expires_at: (claims.exp ?? 0) * 1000,
      tooNarrow(scopes, tool) {
        const scope = scopesFor(scopes, tool);
        return covers(granted, scope, scopes?.implies)
          ? undefined
          : insufficient({ metadata: way.metadata, scope }, scheme);
      },
    };
  }

  async #verified(token: string, { audience }: Resource): Promise<Verified> {
    let named: string | undefined;
    try {
      named = decodeJwt(token).iss;
    } catch {
      return { kind: 'invalid', why: 'the token cannot be read' };
    }
    const issuer = named === undefined ? undefined : this.#issuers.get(named);
    if (issuer === undefined) return { kind: 'invalid', why: 'the token is of no issuer that is known here' };
    const verified = await issuer.verify(token, audience);
    if (verified.kind === 'unavailable' && verified.why !== undefined)
      this.#complain(`tokens of ${issuer.config.issuer} cannot be verified: ${verified.why}`);
    return verified;
  }

  /** Undefined where a token is bound to nothing and presented so, or bound to a key that is proven. RFC 9449 §7.2. */
  async #unproven(presented: Presented, cnf: unknown, way: Way): Promise<Refused | undefined> {
    const { scheme } = presented;
    const bad = (error: Fault['error'], description: string, tried: Scheme = scheme): Refused =>
      unauthorized(way, { scheme: tried, error, description });
    if (cnf === undefined)
      return scheme === 'DPoP'
        ? bad('invalid_token', 'the token is bound to no key: send it as Bearer')
        : undefined;
    // RFC 7800: every method must hold, and one that we do not know cannot be seen to. `x5t#S256` (RFC 8705) needs mTLS.
    const jkt = isSoleKey(cnf) ? cnf.jkt : undefined;
    if (jkt === undefined) return bad('invalid_token', 'the token is bound in a way that is not known here');
    if (scheme !== 'DPoP')
      return bad('invalid_token', 'the token is bound to a key: send it as DPoP, with a proof', 'DPoP');
    const proven = await this.#proofs.check({ ...presented, jkt });
    switch (proven.kind) {
      case 'proven':
        return undefined;
      case 'unavailable':
        return away(proven.why);
      case 'invalid':
        return bad('invalid_dpop_proof', proven.why);
    }
  }
}

/** A request without a credential, or with one that is no good; says how to come by a token. */
export function unauthorized(way: Way, fault?: Fault): Refused {
  const detail =
    fault?.description ?? 'send an access token, or an agent’s api key, as Authorization: Bearer';
  return {
    kind: 'refused',
    status: 401,
    code: fault?.error ?? 'unauthenticated',
    detail,
    challenges: challenges(way, fault),
  };
}

/** MCP 2026-07-28 §"Scope Challenge Handling". A token with these scopes would do: what a person must consent to is never told so. */
function insufficient(way: Way, scheme: Scheme): Refused {
  const description = 'the token was not granted all that this needs';
  return {
    kind: 'refused',
    status: 403,
    code: 'insufficient_scope',
    detail: description,
    challenges: [challenge(scheme, way, { scheme, error: 'insufficient_scope', description })],
  };
}

function away(detail: string): Refused {
  return { kind: 'refused', status: 503, code: 'unavailable', detail, challenges: [] };
}

function isSoleKey(cnf: unknown): cnf is { readonly jkt: string } {
  if (typeof cnf !== 'object' || cnf === null) return false;
  const [[name, value] = [], ...others] = Object.entries(cnf);
  return others.length === 0 && name === 'jkt' && typeof value === 'string';
}
