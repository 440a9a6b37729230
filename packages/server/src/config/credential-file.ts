import { z } from 'zod';
import { isOfThisMachine } from './this-machine.ts';

/** A secret travels there: over TLS, or on this machine. */
const endpoint = z
  .url({ protocol: /^https?$/, error: 'must be an https address' })
  .refine(
    (url) => url.startsWith('https:') || isOfThisMachine(new URL(url).hostname),
    'must be an https address, or one of this machine',
  );

const CLIENT_SECRETS = ['client_secret', 'client_secret_file', 'private_key_file'] as const;

/** How an upstream's authorization server is asked for tokens. */
export const credential = z
  .strictObject({
    grant: z.enum(['client_credentials', 'token_exchange'], 'must be client_credentials or token_exchange'),
    issuer: endpoint.optional(),
    token_endpoint: endpoint.optional(),
    client_id: z.string().min(1),
    client_secret: z.string().min(1).optional(),
    client_secret_file: z.string().min(1).optional(),
    private_key_file: z.string().min(1).optional(),
    scope: z.string().min(1).optional(),
    audience: z.string().min(1).optional(),
    resource: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  })
  .refine(
    ({ issuer, token_endpoint }) => (issuer === undefined) !== (token_endpoint === undefined),
    'must name the authorization server by `issuer` or by `token_endpoint`',
  )
  .refine(
    (given) => CLIENT_SECRETS.filter((name) => given[name] !== undefined).length === 1,
    'must have one of `client_secret`, `client_secret_file` and `private_key_file`',
  );

export type CredentialFile = z.output<typeof credential>;
