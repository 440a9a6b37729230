import { ConsentError } from '@countersign/core';
import { Hono } from 'hono';
import { protectedResource } from '../access-token/protected-resource.ts';
import type { Config } from '../config/config.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Which authorization servers give tokens for which MCP server here. RFC 9728 §3: for everybody, and without a credential. */
export function protectedResourceRoutes(config: Config): Hono {
  const routes = new Hono();
  for (const path of [WELL_KNOWN, `${WELL_KNOWN}/*`])
    routes.get(path, (context) => {
      const found = protectedResource(config, context.req.path.slice(WELL_KNOWN.length));
      if (found === undefined)
        throw new ConsentError('not_found', 'no mcp server there takes access tokens: see `issuers`');
      return context.json(found, 200, { 'cache-control': 'max-age=300' });
    });
  return routes;
}
