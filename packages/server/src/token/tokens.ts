import { createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import {
  canonicalHash,
  canonicalJson,
  ConsentError,
  jsonEqual,
  UNBOUND_CONTEXT,
  type BoundTuple,
  type Evaluation,
  type JsonObject,
  type JsonValue,
} from '@countersign/core';
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  exportJWK,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';
import type { ForeignDenial } from '../access-request/port.ts';

/** What a requestable denial is bound to, by value or by hash. ARAP §"Binding Token Integrity". */
export interface DenialBinding {
  readonly evaluation: Pick<Evaluation, 'subject' | 'action' | 'resource' | 'context'>;
  readonly evaluation_id: string;
  /** RFC 3339. */
  readonly expires_at: string;
}

/** What several denials of one token are bound to together. */
export interface BundleBinding extends Pick<Evaluation, 'subject' | 'context'> {
  /** In the order of the denial. */
  readonly items: readonly Pick<Evaluation, 'resource' | 'action'>[];
}

/** What a granted request proves to a PDP that keeps no state of ours. ARAP §"Completion Semantics". */
export interface ApprovalProof {
  readonly approval: string;
  readonly task: string;
  /** Whoever holds the task: approvals are nothing to another. */
  readonly credential: string;
  readonly binding_hash: string;
  readonly agent: string;
  /** Milliseconds since the epoch. */
  readonly approved_at: number;
  readonly approved_until: number;
}

interface Signer {
  readonly keys: KeyObject | ReturnType<typeof createRemoteJWKSet>;
  readonly algorithms: string[];
  readonly issuer: string;
  readonly typ?: string;
}

const ALG = 'ES256';
/** Each kind of token names itself, so that neither passes for the other. */
const BINDING = 'arap-binding+jwt';
const APPROVAL = 'arap-approval+jwt';
/** Others know no type of ours. None of ours is this: `typ` and audience tell them apart. */
const ASSERTION = 'JWT';
/** Brought at once, by ourselves. */
const ASSERTION_MS = 2 * 60_000;
/** Larger tuples are bound by their hash: a header or a body has its limits. */
const MAX_INLINE = 8192;
/** ARAP §"Time and Clock Skew". */
const SKEW_SECONDS = 30;
const FETCH_TIMEOUT_MS = 5000;
/** What other PDPs may sign with. */
const ALGS: string[] = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'];

/**
 * Signs and verifies what ARAP lets travel through a PEP. INVARIANT: neither token is authority: a submission is still
 * held against the remembered denial, and an approval against its stored votes, and a token can only refuse more.
 */
export class Tokens {
  readonly #key: KeyObject;
  readonly #public: KeyObject;
  readonly #issuer: string;
  readonly #clock: () => number;
  /** The keys of the other PDPs, by issuer: fetched when they are first needed, and again when a key is unknown. */
  readonly #others: ReadonlyMap<string, ReturnType<typeof createRemoteJWKSet>>;
  #kid: Promise<string> | undefined;

  /** `issuer` is the PDP's identifier, the origin of `public_url`. */
  constructor(
    key: KeyObject,
    issuer: string,
    pdps: readonly { readonly issuer: string; readonly jwks_uri: string }[],
    clock: () => number,
  ) {
    this.#key = key;
    this.#public = createPublicKey(key);
    this.#issuer = issuer;
    this.#clock = clock;
    this.#others = new Map(
      pdps.map((pdp) => [
        pdp.issuer,
        createRemoteJWKSet(new URL(pdp.jwks_uri), { timeoutDuration: FETCH_TIMEOUT_MS }),
      ]),
    );
  }

  /** The verification keys, as they are published at `jwks_uri`. */
  async jwks(): Promise<JSONWebKeySet> {
    const jwk = await exportJWK(this.#public);
    return { keys: [{ ...jwk, kid: await this.#keyId(), alg: ALG, use: 'sig' }] };
  }

  async bindingToken({ evaluation, evaluation_id, expires_at }: DenialBinding): Promise<string> {
    const tuple = tupleOf(evaluation);
    const members = Object.keys(tuple.context);
    const bound = canonicalJson(tuple).length <= MAX_INLINE ? tuple : { binding_hash: canonicalHash(tuple) };
    return await this.#sign(BINDING, Date.parse(expires_at), this.#issuer, {
      jti: evaluation_id,
      evaluation_id,
      denial_expires_at: expires_at,
      binding_context_members: members,
      ...bound,
    });
  }

  /** For another PDP, which shares no state with us, it carries all that was approved; it is that one's to verify. */
  async approvalState(proof: ApprovalProof, bound: BoundTuple, foreign?: ForeignDenial): Promise<string> {
    const { approval, task, credential, binding_hash, agent, approved_at, approved_until } = proof;
    const tuple = foreign && {
      ...tupleOf(bound, foreign.members),
      binding_context_members: [...foreign.members],
      // Which of its denials this answers.
      denial_jti: foreign.jti,
    };
    return await this.#sign(APPROVAL, approved_until, foreign?.issuer ?? this.#issuer, {
      ...tuple,
      jti: approval,
      approval_id: approval,
      task_id: task,
      client_id: credential,
      binding_hash,
      agent,
      approved_at: new Date(approved_at).toISOString(),
      approved_until: new Date(approved_until).toISOString(),
    });
  }

  /**
   * Tells another authorization server for which agent we ask it: the subject token of RFC 8693, good there alone. The agent
   * never sees it, and it is no credential of the agent's.
   */
  async agentAssertion(agent: string, audience: string): Promise<string> {
    const claims = { sub: agent, jti: randomUUID() };
    return await this.#sign(ASSERTION, this.#clock() + ASSERTION_MS, audience, claims);
  }

  /**
   * What a binding token says of the denial, after holding it against what was submitted: the evaluation of ours that
   * it names, or the denial of another PDP. Throws `invalid_denial_binding`, `expired_denial`, `unavailable`.
   */
  async verifyBindingToken(
    token: string,
    submitted: DenialBinding['evaluation'] | BundleBinding,
    denial: { readonly evaluation_id?: string; readonly expires_at?: string },
  ): Promise<string | ForeignDenial> {
    const issuer = issuerOf(token) ?? '';
    const keys = this.#others.get(issuer);
    // What others call their kind of token is theirs to say.
    const signer = keys === undefined ? this.#own(BINDING) : { keys, algorithms: ALGS, issuer };
    const claims = await this.#verify(token, signer);
    if (claims === 'expired')
      throw new ConsentError('expired_denial', 'the denial has expired: evaluate again');
    if (claims === undefined) throw unbound('the binding token is of nobody whom this authority trusts');
    const { evaluation_id, jti } = claims;
    if (
      denial.evaluation_id !== undefined &&
      evaluation_id !== undefined &&
      denial.evaluation_id !== evaluation_id
    )
      throw unbound('the binding token is of another evaluation');
    if (freshUntil(claims, denial.expires_at) + SKEW_SECONDS * 1000 < this.#clock())
      throw new ConsentError('expired_denial', 'the denial has expired: evaluate again');
    const members = contextMembers(claims);
    const bound = tuplesOf(submitted, keys === undefined ? undefined : members);
    if (!bound.some((tuple) => covers(claims, tuple)))
      throw unbound('the submission is not what was denied: evaluate again');
    if (keys !== undefined) return { issuer, jti: String(jti), members };
    if (typeof evaluation_id !== 'string') throw unbound('the binding token names no evaluation');
    return evaluation_id;
  }

  /** Whether the state is ours, of that approval, of exactly that action of that agent, and still good. */
  async verifyApprovalState(
    state: JsonValue,
    expected: { readonly approval: string; readonly binding_hash: string; readonly agent: string },
  ): Promise<boolean> {
    const claims = typeof state === 'string' ? await this.#verify(state, this.#own(APPROVAL)) : undefined;
    return (
      claims !== undefined &&
      claims !== 'expired' &&
      claims['approval_id'] === expected.approval &&
      claims['binding_hash'] === expected.binding_hash &&
      claims['agent'] === expected.agent
    );
  }

  async #sign(typ: string, expires: number, audience: string, claims: JWTPayload): Promise<string> {
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: ALG, typ, kid: await this.#keyId() })
      .setIssuer(this.#issuer)
      .setAudience(audience)
      .setIssuedAt(Math.floor(this.#clock() / 1000))
      .setExpirationTime(Math.floor(expires / 1000))
      .sign(this.#key);
  }

  /** Undefined for what is no such token of that signer, whatever is wrong with it. */
  async #verify(token: string, signer: Signer): Promise<JWTPayload | 'expired' | undefined> {
    const { keys, ...expected } = signer;
    const terms = {
      ...expected,
      audience: this.#issuer,
      currentDate: new Date(this.#clock()),
      clockTolerance: SKEW_SECONDS,
      requiredClaims: ['exp', 'iat', 'jti'],
    };
    try {
      // Two overloads of one function.
      const { payload } =
        typeof keys === 'function'
          ? await jwtVerify(token, keys, terms)
          : await jwtVerify(token, keys, terms);
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'expired';
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return undefined;
      throw new ConsentError('unavailable', 'the keys of the other pdp cannot be read', { cause: error });
    }
  }

  #own(typ: string): Signer {
    return { keys: this.#public, algorithms: [ALG], issuer: this.#issuer, typ };
  }

  #keyId(): Promise<string> {
    return (this.#kid ??= exportJWK(this.#public).then((jwk) => calculateJwkThumbprint(jwk)));
  }
}

/** What a submission may be bound by: a bundle as a whole, and one of a single item as that item, too. */
function tuplesOf(
  submitted: DenialBinding['evaluation'] | BundleBinding,
  members: readonly string[] | undefined,
): Tuple[] {
  if (!('items' in submitted)) return [tupleOf(submitted, members)];
  const { items, ...common } = submitted;
  const pairs = items.map(({ resource, action }) => ({ resource, action }));
  const whole = { ...halfOf(common, members), items: pairs } as unknown as Tuple;
  const [only] = pairs;
  return only === undefined || pairs.length > 1 ? [whole] : [whole, tupleOf({ ...common, ...only }, members)];
}

function tupleOf(evaluation: DenialBinding['evaluation'], members?: readonly string[]): Tuple {
  const { resource, action } = evaluation;
  return { ...halfOf(evaluation, members), resource, action } as unknown as Tuple;
}

/** What is compared: `subject.properties.act` and what binds nothing are left out. ARAP §"Binding Token Integrity". */
function halfOf(
  { subject, context = {} }: Pick<Evaluation, 'subject' | 'context'>,
  members: readonly string[] | undefined,
): { readonly subject: Evaluation['subject']; readonly context: JsonObject } {
  const bound = Object.entries(context).filter(([member]) =>
    members === undefined ? !UNBOUND_CONTEXT.has(member) : members.includes(member),
  );
  const { act: _act, ...properties } = subject.properties ?? {};
  return {
    subject: subject.properties?.['act'] === undefined ? subject : { ...subject, properties },
    context: Object.fromEntries(bound),
  };
}

/** Until when a token may be brought, by what it protects itself. Throws `invalid_denial_binding` where that is not clear. */
function freshUntil(
  { exp = 0, denial_expires_at: protectedExpiry }: JWTPayload,
  echoed: string | undefined,
): number {
  if (protectedExpiry !== undefined && echoed !== undefined && echoed !== protectedExpiry)
    throw unbound('denial.expires_at is not that of the denial');
  const expiry = Date.parse(typeof protectedExpiry === 'string' ? protectedExpiry : (echoed ?? ''));
  // Unprotected, `exp` counts "only if it is no later than the echoed `denial.expires_at`".
  if (Number.isNaN(expiry) || (protectedExpiry === undefined && exp * 1000 > expiry))
    throw unbound('the binding token does not protect how long it may be used');
  return Math.min(expiry, exp * 1000);
}

/** Whether the claims, inline or hashed, are those of a tuple. */
function covers(claims: JWTPayload, tuple: Tuple): boolean {
  if (typeof claims['binding_hash'] === 'string') return claims['binding_hash'] === canonicalHash(tuple);
  const { subject, resource, action, items, context = {} } = claims as unknown as Partial<Tuple>;
  const inline = Object.entries({ subject, resource, action, items, context }).filter(isGiven);
  return jsonEqual(Object.fromEntries(inline), tuple);
}

/** "binds only Subject, Resource, and Action when it is absent". */
function contextMembers({ binding_context_members: members }: JWTPayload): readonly string[] {
  return Array.isArray(members) ? members.filter((each): each is string => typeof each === 'string') : [];
}

/** Who a token says it is of; nothing is believed of it yet. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

type Tuple = JsonObject & { readonly context: JsonObject };

function isGiven(entry: [string, JsonValue | undefined]): entry is [string, JsonValue] {
  return entry[1] !== undefined;
}

function unbound(why: string): ConsentError {
  return new ConsentError('invalid_denial_binding', why);
}
