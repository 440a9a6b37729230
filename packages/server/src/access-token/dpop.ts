import { createHash, timingSafeEqual } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify, type JWTVerifyResult } from 'jose';
import { ProofMemory } from './proof-memory.ts';
import { ALGORITHMS, SKEW_SECONDS } from './trusted-issuer.ts';

/** How old a proof may be. */
const LIFE_SECONDS = 60;
const KEPT_MS = (LIFE_SECONDS + 2 * SKEW_SECONDS) * 1000;

/** What a proof is presented with. */
export interface Presentation {
  readonly proof: string | undefined;
  readonly method: string;
  /** The address that the request is for, by our public name and without a query. */
  readonly url: string;
  readonly token: string;
  /** The thumbprint of the key that the token is bound to. */
  readonly jkt: string;
}

export type Proven =
  { readonly kind: 'proven' } | { readonly kind: 'invalid' | 'unavailable'; readonly why: string };

/** Checks DPoP proofs: that who presents a token holds the key that it is bound to, for this request, once. RFC 9449 §4.3. */
export class Proofs {
  readonly #clock: () => number;
  readonly #began: number;
  readonly #memory: ProofMemory;

  constructor(clock: () => number, memory: ProofMemory = new ProofMemory(KEPT_MS)) {
    this.#clock = clock;
    this.#began = Math.floor(clock() / 1000);
    this.#memory = memory;
  }

  async check({ proof, method, url, token, jkt }: Presentation): Promise<Proven> {
    // node joins two headers by a comma, which no JWT has: "not more than one DPoP HTTP request header field".
    if (proof === undefined) return invalid('the proof is missing');
    let verified: JWTVerifyResult;
    try {
      verified = await jwtVerify(proof, EmbeddedJWK, {
        typ: 'dpop+jwt',
        algorithms: [...ALGORITHMS],
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(this.#clock()),
        requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
      });
    } catch {
      return invalid('the proof cannot be verified');
    }
    const { jti, htm, htu, iat, ath } = verified.payload;
    const { jwk } = verified.protectedHeader;
    if (typeof jti !== 'string' || jti === '' || jti.length > 255)
      return invalid('the jti of the proof is malformed');
    if (htm !== method) return invalid('the proof is for another method');
    if (typeof htu !== 'string' || addressOf(htu) !== addressOf(url))
      return invalid('the proof is for another address');
    if (typeof iat !== 'number' || !this.#isFresh(iat)) return invalid('the proof is not of now');
    if (!same(ath, createHash('sha256').update(token).digest('base64url')))
      return invalid('the proof is for another token');
    if (jwk === undefined || !same(jkt, await calculateJwkThumbprint(jwk, 'sha256')))
      return invalid('the proof is by another key than the token is bound to');
    // Last, so that only who holds the key can fill the memory.
    switch (this.#memory.take(nameOf(jkt, jti), this.#clock())) {
      case 'taken':
        return { kind: 'proven' };
      case 'replayed':
        return invalid('the proof was used already');
      case 'full':
        return { kind: 'unavailable', why: 'too many proofs at a time' };
    }
  }

  #isFresh(iat: number): boolean {
    const now = this.#clock() / 1000;
    return iat <= now + SKEW_SECONDS && iat >= now - LIFE_SECONDS - SKEW_SECONDS && iat >= this.#began;
  }
}

function invalid(why: string): Proven {
  return { kind: 'invalid', why };
}

/** RFC 9449 §4.3: compared after normalisation, "ignoring any query and fragment parts". */
function addressOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function same(given: unknown, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What a caller made long is kept short. */
function nameOf(jkt: string, jti: string): string {
  return createHash('sha256').update(`${jkt} ${jti}`).digest('base64url').slice(0, 22);
}
