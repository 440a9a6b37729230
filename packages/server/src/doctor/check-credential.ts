import type { CredentialConfig, UpstreamConfig } from '../config/config.ts';
import { NOT_SET } from '../config/load-config.ts';
import { askedFor, TOKEN_EXCHANGE } from '../gateway/credential/open-credential.ts';
import {
  ACCESS_TOKEN,
  JWT,
  NoToken,
  type TokenEndpointMetadata,
} from '../gateway/credential/token-endpoint.ts';
import { ok, reasonOf, warn, wrong, type Finding } from './finding.ts';

/** What to look at, by what the server says is wrong. RFC 6749 §5.2, RFC 8707 §2. */
const ADVICE: Readonly<Record<string, string>> = {
  invalid_client: 'see client_id and its secret or key',
  unauthorized_client: 'let this client use the grant there',
  unsupported_grant_type: 'let this client use the grant there',
  invalid_scope: 'see scope',
  invalid_target: 'see resource and audience',
};
/** No JWT, so no agent's: what the server says of it is said after it knows who asks. */
const NOBODYS = 'countersign-doctor';
const UNCHECKED =
  'not checked: whether it exchanges what we sign for an agent, which its first call shows (our keys are at /.well-known/jwks.json)';

/** That the authorization server of an upstream gives us tokens, as far as that shows without an agent; nothing where there is none. */
export async function checkCredential(upstream: UpstreamConfig): Promise<readonly Finding[]> {
  if (upstream.kind !== 'http' || upstream.credential === undefined) return [];
  const { name, url, credential } = upstream;
  const check = `credential ${name}`;
  if (credential.client_secret === NOT_SET)
    return [warn(check, 'its secret is not in the environment here, so nobody was asked for a token')];
  try {
    const { endpoint, wanted } = askedFor(name, url, credential);
    const said = differences(credential, await endpoint.metadata()).map((text) => warn(check, text));
    if (credential.grant === 'token_exchange') return [...said, await exchanged(check, endpoint, wanted)];
    await endpoint.request('client_credentials', wanted);
    return [...said, ok(check, 'its authorization server gives us a token')];
  } catch (error) {
    return [wrong(check, `${reasonOf(error)}: ${adviceFor(error)}`)];
  }
}

/** Asks with what is nobody's token: whoever refuses that, and not who asks, knows us. Rejects where it is we who are refused. */
async function exchanged(
  check: string,
  endpoint: ReturnType<typeof askedFor>['endpoint'],
  wanted: Record<string, string>,
): Promise<Finding> {
  const subject = { subject_token: NOBODYS, subject_token_type: JWT, requested_token_type: ACCESS_TOKEN };
  try {
    await endpoint.request(TOKEN_EXCHANGE, { ...subject, ...wanted });
  } catch (error) {
    if (!(error instanceof NoToken) || !error.answered) throw error;
    const { code } = error;
    // RFC 8693 §2.2.2: a subject token that is not acceptable is `invalid_request`; many say `invalid_grant`.
    if (code === 'invalid_request' || code === 'invalid_grant')
      return ok(check, `its authorization server knows our client; ${UNCHECKED}`);
    // Whose fault it is shows only by OAuth's own codes.
    if (code === undefined || ADVICE[code] === undefined)
      return warn(check, `${reasonOf(error)}, to a token that is nobody's; ${UNCHECKED}`);
    throw error;
  }
  return wrong(check, 'its authorization server exchanges what nobody signed: let it verify our signatures');
}

/** Where metadata says other than the config. RFC 8414 §2. */
function differences(
  { grant, private_key_file }: CredentialConfig,
  { grants, authentication }: TokenEndpointMetadata,
): string[] {
  const wanted = grant === 'token_exchange' ? TOKEN_EXCHANGE : grant;
  const methods =
    private_key_file === undefined ? ['client_secret_basic', 'client_secret_post'] : ['private_key_jwt'];
  return [
    ...(grants === undefined || grants.includes(wanted)
      ? []
      : [`its metadata does not name the grant ${wanted}`]),
    ...(authentication === undefined || methods.some((method) => authentication.includes(method))
      ? []
      : [`its metadata does not name ${methods.join(' or ')}, by which we say who we are`]),
  ];
}

function adviceFor(error: unknown): string {
  if (!(error instanceof NoToken)) return 'mend it';
  if (error.code === undefined) return 'see issuer or token_endpoint';
  return ADVICE[error.code] ?? 'see what this client may ask for there';
}
