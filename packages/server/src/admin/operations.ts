import { ConsentError, type Evaluation } from '@countersign/core';
import { z } from 'zod';
import type { Approver, Authority, Proof } from '../faces.ts';

interface Operation<I extends z.ZodType, O> {
  readonly input: I;
  readonly run: (authority: Authority, input: z.output<I>) => Promise<O>;
}

function operation<I extends z.ZodType, O>(
  input: I,
  run: (authority: Authority, input: z.output<I>) => Promise<O>,
): Operation<I, O> {
  return { input, run };
}

const text = z.string().min(1).max(4096);
const publicKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes as unpadded base64url');
const properties = z.record(z.string(), z.unknown()).optional();
const entity = z.strictObject({ type: text, id: text, properties });
const evaluation = z.strictObject({
  subject: entity,
  action: z.strictObject({ name: text, properties }),
  resource: entity,
  context: properties,
});
const signed = z.strictObject({ public_key: publicKey, nonce: text, signature: text });

/**
 * What whoever holds the data folder may do, through its socket or on the folder itself. It grants no
 * consent: a vote, and every credential after the first, still needs a signature.
 */
export const OPERATIONS = {
  authority: operation(z.strictObject({}), async ({ id }) => ({ id })),
  'agent/add': operation(z.strictObject({ name: text, owner: text }), ({ registry }, { name, owner }) =>
    registry.addAgent({ name, owner_email: owner }),
  ),
  'agent/list': operation(z.strictObject({}), ({ registry }) => registry.agents()),
  'agent/status': operation(
    z.strictObject({ agent: text, status: z.enum(['active', 'suspended']) }),
    ({ registry }, { agent, status }) => registry.setAgentStatus(agent, status),
  ),
  'pep/add': operation(
    z.strictObject({ name: text, agents: z.array(text).nullable(), explains: z.boolean().default(false) }),
    ({ registry }, input) => registry.addPep(input),
  ),
  'pep/revoke': operation(z.strictObject({ id: text }), async ({ registry }, { id }) => {
    await registry.revokePep(id);
    return { id };
  }),

  'claim/mark': operation(
    z.strictObject({
      id: text,
      disposition: z.enum(['approved-executed', 'denied-not-executed', 'execution-error']),
    }),
    async (authority, { id, disposition }) => {
      await authority.markClaim(id, disposition);
      return { id, disposition };
    },
  ),

  'policy/explain': operation(
    z.strictObject({ agent: text, evaluation }),
    (authority, { agent, evaluation: asked }) => authority.explain(agent, asked as unknown as Evaluation),
  ),

  'approver/list': operation(z.strictObject({}), ({ enrolment }) => enrolment.people()),
  'approver/enrolled': operation(z.strictObject({}), ({ enrolment }) => enrolment.enrolled()),
  'approver/first-link': operation(z.strictObject({}), ({ enrolment }) => enrolment.firstLink()),
  'approver/first-key': operation(
    z.strictObject({ email: text, group: text, public_key: publicKey }),
    ({ enrolment }, input) => enrolment.enrolFirstKey(input),
  ),
  'approver/propose': operation(
    z.strictObject({ email: text, group: text, public_key: publicKey, as: publicKey }),
    async (authority, { as, ...key }) => {
      const signer = await authority.enrolment.approverByKey(as);
      const { id } = await authority.enrolment.proposeKey(key);
      try {
        const { statement } = await authority.enrolment.beginSignature(signer, id);
        return { statement };
      } catch (error) {
        // Whoever may not sign it has proposed nothing.
        await authority.enrolment.discard(signer, id);
        throw error;
      }
    },
  ),
  'approver/sign': operation(signed, async (authority, input) =>
    authority.enrolment.finishSignature(await signerOf(authority, input), input.nonce, proofOf(input)),
  ),

  'request/list': operation(
    z.strictObject({ open: z.boolean(), before: text.optional(), limit: z.int().min(1).max(200).optional() }),
    ({ desk }, { open, before, limit }) =>
      desk.list({
        open,
        ...(before === undefined ? {} : { before }),
        ...(limit === undefined ? {} : { limit }),
      }),
  ),
  'request/show': operation(z.strictObject({ id: text }), ({ desk }, { id }) => desk.view(id)),
  'request/begin-vote': operation(
    z.strictObject({
      public_key: publicKey,
      request: text,
      decision: z.enum(['approve', 'deny']),
      note: text.optional(),
    }),
    async (authority, { public_key, note, ...vote }) =>
      authority.desk.beginVote(await authority.enrolment.approverByKey(public_key), {
        ...vote,
        ...(note === undefined ? {} : { note }),
      }),
  ),
  'request/finish-vote': operation(signed, async (authority, input) =>
    authority.desk.finishVote(await signerOf(authority, input), input.nonce, proofOf(input)),
  ),

  'audit/proof': operation(z.strictObject({ id: text }), ({ log }, { id }) => log.proof(id)),
  'audit/checkpoint': operation(z.strictObject({}), async ({ log }) => ({
    checkpoint: (await log.checkpoint()) ?? null,
    vkey: log.vkey,
  })),
};

export type OperationName = keyof typeof OPERATIONS;
export type InputOf<N extends OperationName> = z.input<(typeof OPERATIONS)[N]['input']>;
export type OutputOf<N extends OperationName> = Awaited<ReturnType<(typeof OPERATIONS)[N]['run']>>;

/** Administration, whether a server runs on the data folder or not. */
export interface Admin {
  /** Throws `ConsentError`. */
  call<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>;
  close(): Promise<void>;
}

/** Checks the input and runs the operation. Throws `ConsentError`. */
export async function runOperation(authority: Authority, name: string, input: unknown): Promise<unknown> {
  if (!Object.hasOwn(OPERATIONS, name)) throw new ConsentError('not_found', `no operation is called ${name}`);
  const { input: schema, run } = OPERATIONS[name as OperationName] as Operation<z.ZodType, unknown>;
  const parsed = schema.safeParse(input);
  if (parsed.success) return await run(authority, parsed.data);
  const [issue] = parsed.error.issues;
  throw new ConsentError(
    'invalid_request',
    `${issue?.path.join('.') ?? 'input'}: ${issue?.message ?? 'is not valid'}`,
  );
}

function signerOf(authority: Authority, { public_key }: z.output<typeof signed>): Promise<Approver> {
  return authority.enrolment.approverByKey(public_key);
}

function proofOf({ signature }: z.output<typeof signed>): Proof {
  return { kind: 'key', signature };
}
