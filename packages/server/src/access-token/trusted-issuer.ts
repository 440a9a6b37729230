import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import type { IssuerConfig } from '../config/config.ts';
import { discoverKeys } from './discovery.ts';

/** Asymmetric ones alone: whoever can check a token must not be able to make one. RFC 9068 §2.1, RFC 8725 §3.1. */
export const ALGORITHMS: readonly string[] = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];
export const SKEW_SECONDS = 30;
const FETCH_TIMEOUT_MS = 5000;
/** Keys are fetched again after this, and for a key that is unknown, but no sooner than the cool-down lets them. */
const KEYS_LIVE_MS = 10 * 60_000;
const COOL_DOWN_MS = 10_000;
/** An issuer that did not answer is not asked again at once: whoever calls is told to come back. */
const REST_MS = 5000;

/** `invalid` is the token's fault, `unavailable` ours or the issuer's, told once a rest. `why` holds nothing of the token. */
export type Verified =
  | {
      readonly kind: 'verified';
      readonly claims: JWTPayload & { readonly iss: string; readonly sub: string };
    }
  | { readonly kind: 'invalid'; readonly why: string }
  | { readonly kind: 'unavailable'; readonly why?: string };

export interface IssuerOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly coolDownMs?: number;
}

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** The keys could not be looked at. */
class KeysAway extends Error {}

/** One authorization server that the config names, and its keys. */
export class TrustedIssuer {
  readonly config: IssuerConfig;
  readonly #options: IssuerOptions;
  #keys: Promise<Keys> | undefined;
  #loaded: Keys | undefined;
  #restsUntil = 0;

  constructor(config: IssuerConfig, options: IssuerOptions) {
    this.config = config;
    this.#options = options;
  }

  /** Verifies an access token that is for one of these audiences. RFC 9068 §4. */
  async verify(token: string, audience: readonly string[]): Promise<Verified> {
    const { issuer, typ } = this.config;
    const { clock } = this.#options;
    // Keys that are known are good while it is away.
    if (this.#rests && this.#loaded?.fresh !== true) return { kind: 'unavailable' };
    try {
      const { payload } = await jwtVerify(token, (header, jws) => this.#key(header, jws), {
        issuer,
        audience: [...(this.config.audience ?? audience)],
        typ,
        algorithms: [...ALGORITHMS],
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(clock()),
        requiredClaims: ['exp', 'sub', ...(typ === 'at+jwt' ? ['iat', 'client_id', 'jti'] : [])],
      });
      return this.#checked(payload);
    } catch (error) {
      if (!(error instanceof KeysAway)) return { kind: 'invalid', why: fault(error) };
      if (this.#rests) return { kind: 'unavailable' };
      this.#restsUntil = clock() + REST_MS;
      return { kind: 'unavailable', why: error.message };
    }
  }

  get #rests(): boolean {
    return this.#options.clock() < this.#restsUntil;
  }

  /** The issuer's key of that name. INVARIANT: that there is none is told from not having been able to look. */
  async #key(...input: Parameters<Keys>): Promise<Awaited<ReturnType<Keys>>> {
    try {
      this.#keys ??= this.#open();
      this.#loaded = await this.#keys;
      return await this.#loaded(...input);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error;
      // They may have moved: found anew next time, but while what was found is good.
      if (this.#loaded?.fresh !== true) this.#keys = undefined;
      throw new KeysAway(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** What jose leaves to its callers. */
  #checked(payload: JWTPayload): Verified {
    const { iss, sub, iat } = payload;
    if (typeof iss !== 'string' || typeof sub !== 'string' || sub === '' || sub.length > 255)
      return { kind: 'invalid', why: 'the token has no subject' };
    if (iat !== undefined && iat * 1000 > this.#options.clock() + SKEW_SECONDS * 1000)
      return { kind: 'invalid', why: 'the token is from the future' };
    return { kind: 'verified', claims: { ...payload, iss, sub } };
  }

  async #open(): Promise<Keys> {
    const { issuer, jwks_uri } = this.config;
    const url = jwks_uri ?? (await discoverKeys(issuer, FETCH_TIMEOUT_MS));
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cooldownDuration: this.#options.coolDownMs ?? COOL_DOWN_MS,
      cacheMaxAge: KEYS_LIVE_MS,
    });
  }
}

/** What is wrong with the token, in words of our own. */
function fault(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return claimFault(error);
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the algorithm is not allowed';
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  )
    return 'the signature cannot be verified';
  return 'the token cannot be read';
}

function claimFault({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `the token has no ${claim}`;
  switch (claim) {
    case 'aud':
      return 'the token is for another audience';
    case 'nbf':
      return 'the token is not valid yet';
    case 'typ':
      return 'the token is no access token by its typ';
    default:
      return `the ${claim} of the token is wrong`;
  }
}
