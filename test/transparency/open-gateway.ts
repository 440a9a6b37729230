import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Site, type Running } from '../e2e/countersign.ts';

const ALLOW_ALL = '@id("allow-all") permit (principal, action, resource);';

/** A running Countersign that permits everything, unless told otherwise: what then differs from the server alone is our doing. */
export interface OpenGateway {
  readonly site: Site;
  readonly running: Running;
  readonly agentKey: string;
  readonly url: (upstream: string) => string;
  readonly close: () => Promise<void>;
}

/** Upstreams as in the config; each may be called without a credential too, for clients that cannot send one. */
export async function openGateway(
  upstreams: Record<string, Record<string, unknown>>,
  policy: string = ALLOW_ALL,
  site: Site = new Site(),
): Promise<OpenGateway> {
  if (site.port === 0) await site.reservePort();
  mkdirSync(site.policies);
  writeFileSync(join(site.policies, 'policy.cedar'), policy);
  const anonymous = { anonymous_agent: 'anyone', cwd: site.dir };
  site.configure({
    public_url: site.url,
    upstreams: Object.fromEntries(
      Object.entries(upstreams).map(([name, { url, ...rest }]) => [
        name,
        url === undefined ? { ...rest, ...anonymous } : { ...rest, url, anonymous_agent: 'anyone' },
      ]),
    ),
  });
  const { api_key = '' } = await site.json('agent', 'add', 'anyone', '--owner', 'owner@example.com');
  const running = await site.start();
  return {
    site,
    running,
    agentKey: api_key,
    url: (upstream) => `${site.url}/mcp/${upstream}`,
    close: () => site.close(),
  };
}
