import { ConsentError, PEP_OBLIGATION_TYPES } from '@countersign/core';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Authority } from '../faces.ts';
import { accessRequestRoutes } from './access-requests.ts';
import { authzenRoutes } from './authzen.ts';
import { consoleRoutes } from './console-api.ts';
import { limitAgents } from './agent-load.ts';
import { checkNames, securityHeaders, type Names } from './guards.ts';
import { openApiDocument } from './openapi.ts';
import { pageRoutes } from './pages.ts';
import { problemResponse } from './problem.ts';
import { protectedResourceRoutes } from './protected-resources.ts';
import { RateLimit } from './rate-limit.ts';
import { ticketRoutes } from './ticket-page.ts';

export interface AppOptions {
  readonly authority: Authority;
  readonly config: Config;
  /** The built console; without it only the APIs are served. */
  readonly consoleDir?: string;
  /** The names this server answers to, known once it listens. */
  readonly names: () => Names;
  readonly ready: () => boolean;
  readonly logger: Logger;
}

/** Everything that is served over HTTP but the MCP doors. */
export function createApp({ authority, config, consoleDir, names, ready, logger }: AppOptions): Hono {
  const app = new Hono();
  const base = new URL(config.public_url).origin;

  app.onError((error, context) => problemResponse(context, error, logger));
  app.notFound((context) =>
    problemResponse(context, new ConsentError('not_found', 'nothing is here'), logger),
  );
  app.use(securityHeaders(), checkNames(names));
  app.use(async (context, next) => {
    await next();
    const id = context.req.header('x-request-id');
    // "the PDP MUST include the same identifier" (AuthZEN 1.0 §10.1.4); what arrived as a header can leave as one.
    if (id !== undefined) context.res.headers.set('x-request-id', id);
  });

  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', (context) =>
    ready() ? context.json({ status: 'ready' }) : context.json({ status: 'starting' }, 503),
  );
  app.get('/openapi.json', (context) => context.json(openApiDocument(base)));
  app.get('/.well-known/authzen-configuration', (context) =>
    context.json({
      policy_decision_point: base,
      access_evaluation_endpoint: `${base}/access/v1/evaluation`,
      access_evaluations_endpoint: `${base}/access/v1/evaluations`,
      search_subject_endpoint: `${base}/access/v1/search/subject`,
      search_resource_endpoint: `${base}/access/v1/search/resource`,
      search_action_endpoint: `${base}/access/v1/search/action`,
      access_request_endpoint: `${base}/access/v1/requests`,
      jwks_uri: `${base}/.well-known/jwks.json`,
      supported_obligations: PEP_OBLIGATION_TYPES,
      capabilities: ['urn:openid:authzen:capability:access-request'],
    }),
  );
  app.use('/access/v1/*', limitAgents(config.limits, Date.now));
  app.route('/', authzenRoutes(authority, base));
  app.route('/', accessRequestRoutes(authority, base));
  app.route('/', ticketRoutes(authority));
  app.route('/', protectedResourceRoutes(config));
  app.route('/console/api', consoleRoutes(authority, base, new RateLimit(Date.now)));
  if (consoleDir !== undefined) app.route('/', pageRoutes(consoleDir, base));
  return app;
}
