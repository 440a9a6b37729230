import { z } from 'zod';
import { isOfThisMachine } from './this-machine.ts';

/** "All authorization server endpoints MUST be served over HTTPS" (MCP 2026-07-28 §"Communication Security"); but for this very machine. */
const address = z.url({ protocol: /^https?$/, error: 'must be an https address' }).refine((url) => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isOfThisMachine(hostname);
}, 'must be an https address, or an http one of this machine');

const name = z.string().min(1).max(255);

/** Who of an issuer's is which agent of ours. */
const mappedAgent = z
  .strictObject({ client_id: name.optional(), sub: name.optional(), agent: z.string().min(1) })
  .refine(
    ({ client_id, sub }) => client_id !== undefined || sub !== undefined,
    'must name a client_id, a sub, or both',
  );

const email = z
  .string()
  .regex(
    /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*$/,
    'must be an e-mail address in lower case',
  );

export const issuers = z
  .array(
    z.strictObject({
      issuer: address,
      jwks_uri: address.optional(),
      audience: z.array(z.string().min(1)).min(1, 'must name at least one').optional(),
      typ: z.enum(['at+jwt', 'JWT'], 'must be at+jwt or JWT').default('at+jwt'),
      agents: z.array(mappedAgent).default([]),
      people: z.record(name, email).default({}),
    }),
  )
  .refine((all) => new Set(all.map(({ issuer }) => issuer)).size === all.length, 'must name each issuer once')
  .superRefine((all, context) => {
    for (const [index, { agents }] of all.entries()) {
      for (const claim of ['client_id', 'sub'] as const) {
        const named = agents.map((each) => each[claim]).filter((each) => each !== undefined);
        if (new Set(named).size < named.length)
          context.addIssue({
            code: 'custom',
            path: [index, 'agents'],
            message: `must map each ${claim} once`,
          });
      }
    }
  })
  .default([]);

/** RFC 6749 §3.3. */
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be an oauth scope: no spaces or quotes');
const listed = z.array(scope);

export const scopes = z
  .strictObject({
    all: listed.default([]),
    tools: z.record(z.string().min(1), listed).default({}),
    implies: z.record(scope, listed).default({}),
  })
  .optional();
