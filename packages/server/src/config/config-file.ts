import { z } from 'zod';
import { credential } from './credential-file.ts';
import { milliseconds } from './duration.ts';
import { limits } from './limits.ts';
import { issuers, scopes } from './issuers-file.ts';

/** `50s`, `15m`, `1h`: in milliseconds, within bounds that are themselves durations. */
function duration(least: string, most: string): z.ZodType<number> {
  const from = milliseconds(least) ?? 0;
  const to = milliseconds(most) ?? 0;
  return z.string({ error: 'must be a duration, like 50s' }).transform((text, context) => {
    const value = milliseconds(text);
    if (value !== undefined && value >= from && value <= to) return value;
    context.addIssue(`must be a duration from ${least} to ${most}, like ${most === '1h' ? '50s' : '1h'}`);
    return z.NEVER;
  });
}

const catalog: z.ZodOptional<z.ZodString> = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a catalog entry: lower case letters, digits and -')
  .optional();
const anonymous_agent: z.ZodOptional<z.ZodString> = z.string().min(1).optional();
const when_pending = z
  .array(z.enum(['task', 'url', 'hold'], 'must be task, url or hold'))
  .min(1, 'must name at least one of task, url, hold')
  .default(['task', 'url', 'hold']);
const era = z
  .enum(['auto', '2025-11-25', '2026-07-28'], 'must be auto, 2025-11-25 or 2026-07-28')
  .default('auto');

/** An upstream that may take longer has no limit. */
const MAX_TIMEOUT_MS = 24 * 60 * 60_000;

const timeout = z
  .string({ error: 'must be a duration, like 2m' })
  .transform((text, context) => {
    const value = milliseconds(text);
    if (value !== undefined && value >= 1000 && value <= MAX_TIMEOUT_MS) return value;
    context.addIssue('must be a duration from 1s to 24h, like 2m');
    return z.NEVER;
  })
  .optional();

const tools_list = z.enum(['filtered', 'whole'], 'must be filtered or whole').optional();

/** What is said of an upstream however it is reached. */
const ofEither = { catalog, anonymous_agent, when_pending, era, tools_list, timeout, scopes };

const stdioUpstream = z.strictObject({
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable'), z.string())
    .default({}),
  cwd: z.string().default('.'),
  ...ofEither,
});

const httpUpstream = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
    transport: z.enum(['streamable-http', 'sse'], 'must be streamable-http or sse').optional(),
    headers: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of a header'), z.string())
      .default({}),
    credential: credential.optional(),
    ...ofEither,
  })
  .refine(
    ({ headers, credential: given }) =>
      given === undefined || !Object.keys(headers).some((name) => name.toLowerCase() === 'authorization'),
    'must have one of `credential` and an authorization header',
  );

export type UpstreamFile = z.output<typeof stdioUpstream> | z.output<typeof httpUpstream>;

/** Which of the two it is meant to be, so that what is wrong is said of that one. */
const upstream = z.unknown().transform((value, context): UpstreamFile => {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const schema = isObject && 'url' in value ? httpUpstream : stdioUpstream;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as never);
  return z.NEVER;
});

/** The file as it is written; unknown keys are refused. */
export const configFile = z.strictObject({
  public_url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https origin' })
    .refine(
      (url) => new URL(url).origin === url.replace(/\/$/, ''),
      'must be an origin: no path, query or user',
    )
    .transform((url) => new URL(url).origin)
    .optional(),
  hold: duration('0s', '1h').default(50_000),
  single_operator: z.boolean().default(false),
  pending: duration('1s', '7d').default(3_600_000),
  outside_boundary: z
    .union(
      [
        z.literal('forbid'),
        z.strictObject({
          step_up: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be a group: lower case letters, digits and -'),
        }),
      ],
      { error: 'must be forbid, or { step_up: GROUP }' },
    )
    .default('forbid'),
  pdps: z
    .array(
      z.strictObject({
        issuer: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
        jwks_uri: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
      }),
    )
    .default([]),
  issuers,
  callbacks: z
    .array(
      z
        .strictObject({
          url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
          secret: z.string().min(16, 'must have at least 16 characters'),
          internal: z.boolean().default(false),
        })
        .refine(
          ({ url, internal }) => internal || url.startsWith('https:'),
          'must be https, or `internal: true` for an address within your own networks',
        ),
    )
    .default([]),
  domains: z
    .array(
      z.string().regex(/^=?[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain in lower case, like example.com'),
    )
    .default([]),
  entities: z.string().min(1).optional(),
  limits,
  upstreams: z
    .record(
      z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be a name of lower case letters, digits and -'),
      upstream,
    )
    .default({}),
});

export type ConfigFile = z.output<typeof configFile>;
