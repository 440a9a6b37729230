import { z } from 'zod';

// The wire, once: requests are checked with these, and the OpenAPI document is generated from them.
// Objects are loose: AuthZEN 1.0 says that unknown members are ignored.

const properties = z.record(z.string(), z.unknown());

export const subject = z.looseObject({
  type: z.string().min(1).max(256),
  id: z.string().min(1).max(4096),
  properties: properties.optional(),
});
export const action = z.looseObject({ name: z.string().min(1).max(256), properties: properties.optional() });
export const resource = z.looseObject({
  type: z.string().min(1).max(256),
  id: z.string().min(1).max(4096),
  properties: properties.optional(),
});

/** AuthZEN Authorization API 1.0 §6.1. */
export const evaluation = z.looseObject({ subject, action, resource, context: properties.optional() });

/** AuthZEN Authorization API 1.0 §7.1; what an item lacks or has wrong fails that item alone. */
export const evaluations = z.looseObject({
  subject: subject.optional(),
  action: action.optional(),
  resource: resource.optional(),
  context: properties.optional(),
  evaluations: z.array(z.looseObject({})).optional(),
  options: z
    .looseObject({
      evaluations_semantic: z
        .enum(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'])
        .optional(),
    })
    .optional(),
});

/** A look ahead at the questions of a batch, in its order. */
export const prospects = z.looseObject({
  prospects: z.array(
    z.looseObject({
      kind: z.enum(['never', 'consent', 'perhaps_consent', 'open']),
      groups: z.array(z.string()).optional(),
    }),
  ),
});

/** A name for what looking ahead is answered by. */
export const foresight = z.looseObject({ version: z.string() });

const page = z.looseObject({ token: z.string().optional(), limit: z.int().min(0).optional() }).optional();
const searchedFor = z.looseObject({ type: z.string().min(1).max(256) });
const asked = { context: properties.optional(), page };

/** AuthZEN Authorization API 1.0 §8.4 to §8.6. */
export const search = {
  subject: z.looseObject({ subject: searchedFor, action, resource, ...asked }),
  resource: z.looseObject({ subject, action, resource: searchedFor, ...asked }),
  action: z.looseObject({ subject, resource, ...asked }),
};
export const found = z.looseObject({
  page: z.looseObject({ next_token: z.string(), count: z.number() }),
  results: z.array(z.looseObject({})),
});

/** ARAP §"Access Request", bound by `evaluation_id` to state that this authority keeps. */
const denial = z.looseObject({
  evaluation_id: z.string().min(1).max(128).optional(),
  expires_at: z.string().max(64).optional(),
  binding_token: z.string().min(1).max(32_768).optional(),
});
export const submission = z
  .looseObject({
    subject,
    resource: resource.optional(),
    action: action.optional(),
    context: properties.optional(),
    items: z
      .array(
        z.looseObject({
          resource,
          action,
          denial: denial.optional(),
          requested_access: properties.optional(),
        }),
      )
      .min(1)
      .max(50)
      .optional(),
    denial: denial.optional(),
    requested_access: properties.optional(),
    callback: z
      .looseObject({
        endpoint: z.string().max(2048),
        state: z.string().max(1024).optional(),
        events: z
          .array(z.enum(['approved', 'denied', 'expired', 'cancelled', 'failed', 'partial']))
          .max(8)
          .optional(),
      })
      .optional(),
    client: z.looseObject({ actor: z.looseObject({ id: z.string().min(1) }).optional() }).optional(),
  })
  .superRefine((body, issues) => {
    // "REQUIRED when `items` is absent".
    if (body.items !== undefined) return;
    for (const member of ['resource', 'action', 'denial'] as const)
      if (body[member] === undefined)
        issues.addIssue({ code: 'custom', path: [member], message: 'is missing' });
  });

export const disposition = z.enum([
  'approved-executed',
  'denied-not-executed',
  'execution-error',
  'outcome-unknown',
]);
/** ARAP §"Cancellation". */
export const cancellation = z.looseObject({ reason: z.string().optional(), comment: z.string().optional() });

/** What a submission may add to what was denied, as the JSON schema at `request_schema_url`. ARAP §"Machine-Readable Forms". */
export function augmentations(): object {
  return z.toJSONSchema(
    z.object({
      context: z.looseObject({
        business_justification: z
          .string()
          .max(2000)
          .optional()
          .describe('Why, in the words of whoever asks; shown to the approvers as not verified'),
      }),
      requested_access: z.looseObject({}).optional(),
    }),
  );
}
export const report = z.looseObject({ disposition });
export const empty = z.looseObject({});

export const decision = z.looseObject({ decision: z.boolean(), context: properties });
/** One decision, or those of a batch in its order. */
export const decisions = z.looseObject({
  decision: z.boolean().optional(),
  context: properties.optional(),
  evaluations: z.array(z.looseObject({ decision: z.boolean(), context: properties })).optional(),
});
export const task = z.looseObject({
  task: z.looseObject({
    id: z.string(),
    status: z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled', 'failed', 'partial']),
    created_at: z.string(),
    expires_at: z.string(),
    status_endpoint: z.string(),
    /** Of a bundle, in the order of its submission. */
    items: z.array(z.looseObject({ resource, action, status: z.string() })).optional(),
    progress: z
      .looseObject({
        current_step: z.number(),
        total_steps: z.number(),
        awaiting: z.array(z.string()),
      })
      .optional(),
    links: z.looseObject({ cancel: z.string() }),
  }),
  result: z
    .looseObject({
      mode: z.literal('reevaluate'),
      approval: z.looseObject({
        id: z.string(),
        approved_at: z.string(),
        approved_until: z.string(),
        state: z.string().optional(),
      }),
    })
    .optional(),
});
/** Whose key it is. */
export const credential = z.looseObject({
  kind: z.enum(['agent', 'pep']),
  id: z.string(),
  name: z.string(),
  /** The id of the authority that vouches for it. */
  authority: z.string(),
});
export const lease = z.looseObject({ lease_until: z.string() });
export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
});
