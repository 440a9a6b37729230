import { UpstreamAway } from '../upstream-away.ts';
import type { CredentialHeaders, UpstreamCredential } from './port.ts';

/** A token as it was issued; `lifetimeMs` is undefined where its issuer does not say. */
export interface IssuedToken {
  readonly value: string;
  readonly lifetimeMs: number | undefined;
}

/** Replaced so long before its end, or a tenth of its life, whichever is less: it must arrive while it is good. */
const MARGIN_MS = 30_000;
/** RFC 6749 §5.1 leaves it open; one that ends earlier is refused by the upstream, and replaced then. */
const UNTOLD_LIFETIME_MS = 5 * 60_000;
/** An authorization server that fails is not asked by every call. */
const REST_MS = 2000;
const MAX_KEPT = 10_000;

/** What replaced a refused token and is refused so soon itself is not at fault: another would not help. */
const YOUNG_MS = 10_000;

interface Known {
  readonly replacesRefused: boolean;
  value?: string;
  refused: boolean;
  issuedAt: number;
  /** By the clock; what is still on its way is fresh. */
  freshUntil: number;
}

interface Kept extends Known {
  readonly token: Promise<string>;
}

export interface AccessTokensOptions {
  /** What goes with the token. */
  readonly headers: CredentialHeaders;
  /** Whose token it is: agents of the same key share one. */
  readonly keyOf: (agentId: string) => string;
  /** Rejects with a reason in words, without any secret. */
  readonly fetch: (agentId: string) => Promise<IssuedToken>;
  readonly complain: (text: string) => void;
  /** Milliseconds; it must not jump. */
  readonly clock?: () => number;
}

/** Access tokens, in memory alone, each fetched once for all who wait for it. Without a token nothing is sent. */
export class AccessTokens implements UpstreamCredential {
  readonly #options: AccessTokensOptions;
  readonly #clock: () => number;
  readonly #kept = new Map<string, Kept>();

  constructor(options: AccessTokensOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  async headers(agentId: string): Promise<CredentialHeaders> {
    const { headers, keyOf } = this.#options;
    const key = keyOf(agentId);
    const known = this.#kept.get(key);
    const { token } =
      known !== undefined && this.#clock() < known.freshUntil ? known : this.#fetch(key, agentId);
    return { ...headers, authorization: `Bearer ${await token}` };
  }

  rejected(agentId: string, { authorization }: CredentialHeaders): boolean {
    const known = this.#kept.get(this.#options.keyOf(agentId));
    // Whoever was refused with an older one than is known now tries that.
    if (known?.value === undefined || authorization !== `Bearer ${known.value}`) return true;
    if (known.refused) return true;
    if (known.replacesRefused && this.#clock() - known.issuedAt < YOUNG_MS) return false;
    known.refused = true;
    known.freshUntil = -Infinity;
    return true;
  }

  #fetch(key: string, agentId: string): Kept {
    const replacesRefused = this.#kept.get(key)?.refused === true;
    const known: Known = { replacesRefused, refused: false, issuedAt: Infinity, freshUntil: Infinity };
    const kept: Kept = Object.assign(known, { token: this.#token(known, agentId) });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, kept);
    return kept;
  }

  async #token(known: Known, agentId: string): Promise<string> {
    const { fetch, complain } = this.#options;
    try {
      const { value, lifetimeMs = UNTOLD_LIFETIME_MS } = await fetch(agentId);
      known.value = value;
      known.issuedAt = this.#clock();
      known.freshUntil = known.issuedAt + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 10);
      return value;
    } catch (error) {
      known.freshUntil = this.#clock() + REST_MS;
      complain(`no token for the mcp server: ${error instanceof Error ? error.message : 'unknown'}`);
      throw new UpstreamAway('no token for it can be had now');
    }
  }
}
