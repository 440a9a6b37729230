import { toolDefinitionDigest, visible, type JsonObject } from '@countersign/core';
import type { UpstreamConfig } from '../config/config.ts';
import type { ToolCatalog } from '../pdp/catalog.ts';
import { checkCredential } from './check-credential.ts';
import { counted, ok, reasonOf, warn, wrong, type Finding } from './finding.ts';
import { probeTools } from './probe-upstream.ts';

/** `npx` may fetch a server before it starts. */
const TIMEOUT_MS = 30_000;
const MAX_NAMED = 8;

/** That an upstream starts or answers, and that its tools are the ones which were reviewed. */
export async function checkUpstream(
  upstream: UpstreamConfig,
  catalog: ToolCatalog | undefined,
): Promise<readonly Finding[]> {
  const check = `upstream ${upstream.name}`;
  const credential = await checkCredential(upstream);
  // Without a token nobody is let in, and it is said why.
  if (credential.some(({ level }) => level === 'wrong')) return credential;
  if (upstream.kind === 'http' && upstream.credential?.grant === 'token_exchange')
    return [...credential, ok(check, 'takes a token of each agent’s own, so only its agents can look at it')];
  if (credential.length > 0 && !credential.some(({ level }) => level === 'ok')) return credential;
  return [...credential, ...(await checkTools(check, upstream, catalog))];
}

async function checkTools(
  check: string,
  upstream: UpstreamConfig,
  catalog: ToolCatalog | undefined,
): Promise<readonly Finding[]> {
  let tools: readonly JsonObject[];
  try {
    tools = await probeTools(upstream, TIMEOUT_MS);
  } catch (error) {
    return [wrong(check, visible(reasonOf(error)))];
  }
  const listed = ok(check, `lists ${counted(tools.length, 'tool')}`);
  // What is wrong with policies that do not load is said already.
  if (catalog === undefined) return [listed];
  if (upstream.catalog === undefined)
    return [
      listed,
      warn(
        check,
        'has no catalog, so every tool counts as the riskiest: review them, and name it with `catalog:`',
      ),
    ];
  const entry = `${upstream.catalog}.yaml`;
  const named = tools.map((tool) => ({
    name: typeof tool['name'] === 'string' ? tool['name'] : '',
    digest: toolDefinitionDigest(tool),
  }));
  const unreviewed = named.filter(({ name }) => !catalog.has(`${upstream.name}/${name}`));
  const changed = named.filter(({ name, digest }) => {
    const definition = catalog.get(`${upstream.name}/${name}`)?.definition;
    return definition !== undefined && definition !== digest;
  });
  return [
    listed,
    ...(changed.length === 0
      ? []
      : [
          wrong(
            check,
            `${names(changed)} changed since the review and counts as the riskiest: look again, then write the new digest into ${entry} (${changed[0]?.digest ?? ''} for ${visible(changed[0]?.name ?? '')})`,
          ),
        ]),
    ...(unreviewed.length === 0
      ? []
      : [
          warn(
            check,
            `${names(unreviewed)} not reviewed, counts as the riskiest: review and add to ${entry}`,
          ),
        ]),
  ];
}

function names(tools: readonly { readonly name: string }[]): string {
  const shown = tools.slice(0, MAX_NAMED).map(({ name }) => visible(name));
  const rest = tools.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
