import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  canonicalHash,
  canonicalJson,
  ConsentError,
  jsonEqual,
  UNBOUND_CONTEXT,
  type Evaluation,
  type JsonObject,
  type JsonValue,
} from '@countersign/core';
import {
  calculateJwkThumbprint,
  errors,
  exportJWK,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';

/** What a requestable denial is bound to, by value or by hash. ARAP §"Binding Token Integrity". */
export interface DenialBinding {
  readonly evaluation: Pick<Evaluation, 'subject' | 'action' | 'resource' | 'context'>;
  readonly evaluation_id: string;
  /** RFC 3339. */
  readonly expires_at: string;
}

/** What a granted request proves to a PDP that keeps no state of ours. ARAP §"Completion Semantics". */
export interface ApprovalProof {
  readonly approval: string;
  readonly task: string;
  readonly binding_hash: string;
  readonly agent: string;
  /** Milliseconds since the epoch. */
  readonly approved_at: number;
  readonly approved_until: number;
}

const ALG = 'ES256';
/** Each kind of token names itself, so that neither passes for the other. */
const BINDING = 'arap-binding+jwt';
const APPROVAL = 'arap-approval+jwt';
/** Larger tuples are bound by their hash: a header or a body has its limits. */
const MAX_INLINE = 8192;
/** ARAP §"Time and Clock Skew". */
const SKEW_SECONDS = 30;

/**
 * Signs and verifies what ARAP lets travel through a PEP. INVARIANT: neither token is authority: a submission is still
 * held against the remembered denial, and an approval against its stored votes, and a token can only refuse more.
 */
export class Tokens {
  readonly #key: KeyObject;
  readonly #public: KeyObject;
  readonly #issuer: string;
  readonly #clock: () => number;
  #kid: Promise<string> | undefined;

  /** `issuer` is the PDP's identifier, the origin of `public_url`. */
  constructor(key: KeyObject, issuer: string, clock: () => number) {
    this.#key = key;
    this.#public = createPublicKey(key);
    this.#issuer = issuer;
    this.#clock = clock;
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
    return await this.#sign(BINDING, Date.parse(expires_at), {
      jti: evaluation_id,
      evaluation_id,
      denial_expires_at: expires_at,
      binding_context_members: members,
      ...bound,
    });
  }

  async approvalState(proof: ApprovalProof): Promise<string> {
    const { approval, task, binding_hash, agent, approved_at, approved_until } = proof;
    return await this.#sign(APPROVAL, approved_until, {
      jti: approval,
      approval_id: approval,
      task_id: task,
      binding_hash,
      agent,
      approved_at: new Date(approved_at).toISOString(),
      approved_until: new Date(approved_until).toISOString(),
    });
  }

  /**
   * The evaluation that a binding token names, after holding it against what was submitted. Throws
   * `invalid_denial_binding`, `expired_denial`.
   */
  async verifyBindingToken(
    token: string,
    submitted: DenialBinding['evaluation'],
    denial: { readonly evaluation_id?: string; readonly expires_at?: string },
  ): Promise<string> {
    const claims = await this.#verify(BINDING, token);
    if (claims === 'expired')
      throw new ConsentError('expired_denial', 'the denial has expired: evaluate again');
    if (claims === undefined) throw unbound('the binding token is not one of ours');
    const { evaluation_id, denial_expires_at, binding_hash } = claims;
    if (typeof evaluation_id !== 'string') throw unbound('the binding token names no evaluation');
    if (denial.evaluation_id !== undefined && denial.evaluation_id !== evaluation_id)
      throw unbound('the binding token is of another evaluation');
    if (denial.expires_at !== undefined && denial.expires_at !== denial_expires_at)
      throw unbound('denial.expires_at is not that of the denial');
    const tuple = tupleOf(submitted);
    const { subject, resource, action, context } = claims as unknown as Tuple;
    const same =
      typeof binding_hash === 'string'
        ? binding_hash === canonicalHash(tuple)
        : jsonEqual(
            Object.fromEntries(Object.entries({ subject, resource, action, context }).filter(isGiven)),
            tuple,
          );
    if (!same) throw unbound('the submission is not what was denied: evaluate again');
    return evaluation_id;
  }

  /** Whether the state is ours, of that approval, of exactly that action of that agent, and still good. */
  async verifyApprovalState(
    state: JsonValue,
    expected: { readonly approval: string; readonly binding_hash: string; readonly agent: string },
  ): Promise<boolean> {
    const claims = typeof state === 'string' ? await this.#verify(APPROVAL, state) : undefined;
    return (
      claims !== undefined &&
      claims !== 'expired' &&
      claims['approval_id'] === expected.approval &&
      claims['binding_hash'] === expected.binding_hash &&
      claims['agent'] === expected.agent
    );
  }

  async #sign(typ: string, expires: number, claims: JWTPayload): Promise<string> {
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: ALG, typ, kid: await this.#keyId() })
      .setIssuer(this.#issuer)
      .setAudience(this.#issuer)
      .setIssuedAt(Math.floor(this.#clock() / 1000))
      .setExpirationTime(Math.floor(expires / 1000))
      .sign(this.#key);
  }

  async #verify(typ: string, token: string): Promise<JWTPayload | 'expired' | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#public, {
        algorithms: [ALG],
        typ,
        issuer: this.#issuer,
        audience: this.#issuer,
        currentDate: new Date(this.#clock()),
        clockTolerance: SKEW_SECONDS,
        requiredClaims: ['exp', 'iat', 'jti'],
      });
      return payload;
    } catch (error) {
      return error instanceof errors.JWTExpired ? 'expired' : undefined;
    }
  }

  #keyId(): Promise<string> {
    return (this.#kid ??= exportJWK(this.#public).then((jwk) => calculateJwkThumbprint(jwk)));
  }
}

/** What is compared: `subject.properties.act` and what binds nothing are left out. ARAP §"Binding Token Integrity". */
function tupleOf({ subject, action, resource, context = {} }: DenialBinding['evaluation']): Tuple {
  const bound = Object.entries(context).filter(([member]) => !UNBOUND_CONTEXT.has(member));
  const { act: _act, ...properties } = subject.properties ?? {};
  const tuple: unknown = {
    subject: subject.properties?.['act'] === undefined ? subject : { ...subject, properties },
    resource,
    action,
    context: Object.fromEntries(bound),
  };
  return tuple as Tuple;
}

type Tuple = JsonObject & { readonly context: JsonObject };

function isGiven(entry: [string, JsonValue | undefined]): entry is [string, JsonValue] {
  return entry[1] !== undefined;
}

function unbound(why: string): ConsentError {
  return new ConsentError('invalid_denial_binding', why);
}
