import type { Decision, Evaluation, FailedEvaluation, JsonObject } from '@countersign/core';
import { Hono } from 'hono';
import type { Authority } from '../faces.ts';
import { batchOf, questionsOf, searchOf, singleOf } from './access-evaluations.ts';
import { readBody } from './body.ts';
import { callerOf, idempotencyKey, portOf } from './caller.ts';
import { preferredWait } from './preferred-wait.ts';
import { refuseReserved } from './reserved.ts';
import * as schemas from './schemas.ts';

const NO_STORE = { 'cache-control': 'no-store' };

/** AuthZEN evaluations and searches, and claims, for agents and PEPs with an API key. */
export function authzenRoutes(authority: Authority, publicUrl: string): Hono {
  const app = new Hono();

  app.get('/access/v1/credential', async (context) => {
    const caller = await callerOf(authority, context);
    const { id, name } = caller.kind === 'pep' ? caller.pep : caller.agent;
    return context.json({ kind: caller.kind, id, name, authority: authority.id }, 200, {
      'cache-control': 'no-store',
    });
  });

  app.post('/access/v1/evaluation', async (context) => {
    const port = await portOf(authority, context);
    const question = (await readBody(context, schemas.evaluation)) as Evaluation;
    refuseReserved(question);
    const key = idempotencyKey(context);
    const decision = await port.evaluate(question, key === undefined ? {} : { idempotencyKey: key });
    return context.json(await onWire(authority, publicUrl, question, decision), 200, NO_STORE);
  });

  app.post('/access/v1/evaluations', async (context) => {
    const port = await portOf(authority, context);
    const body = await readBody(context, schemas.evaluations);
    const batch = batchOf(body);
    if (batch === undefined) {
      const key = idempotencyKey(context);
      const question = singleOf(body);
      const decision = await port.evaluate(question, key === undefined ? {} : { idempotencyKey: key });
      return context.json(await onWire(authority, publicUrl, question, decision), 200, NO_STORE);
    }
    const answers = await port.evaluateAll(batch.items, batch.semantic);
    const evaluations = await Promise.all(
      // A failed item has no question, and no wire part either.
      answers.map((each, index) => onWire(authority, publicUrl, batch.items[index] as Evaluation, each)),
    );
    return context.json({ evaluations }, 200, NO_STORE);
  });

  app.post('/access/v1/foresight', async (context) => {
    const port = await portOf(authority, context);
    const prospects = await port.foresee(questionsOf(await readBody(context, schemas.evaluations)));
    return context.json({ prospects }, 200, NO_STORE);
  });

  app.get('/access/v1/foresight', async (context) => {
    const port = await portOf(authority, context);
    const seconds = preferredWait(context);
    const unlike = context.req.query('unlike');
    const waiting = { timeoutMs: (seconds ?? 0) * 1000, signal: context.req.raw.signal };
    if (seconds !== undefined) context.header('preference-applied', `wait=${seconds}`);
    return context.json({ version: await port.foresight({ unlike, ...waiting }) }, 200, NO_STORE);
  });

  for (const find of ['subject', 'resource', 'action'] as const) {
    app.post(`/access/v1/search/${find}`, async (context) => {
      const port = await portOf(authority, context);
      const body = await readBody(context, schemas.search[find]);
      const found = await port.search(searchOf(find, body as JsonObject));
      return context.json(found, 200, NO_STORE);
    });
  }

  app.get('/.well-known/jwks.json', async (context) => context.json(await authority.tokens.jwks()));

  app.post('/access/v1/claims/:id', async (context) => {
    const port = await portOf(authority, context);
    const { disposition } = await readBody(context, schemas.report);
    await port.report(context.req.param('id'), disposition);
    return context.json({});
  });

  app.post('/access/v1/claims/:id/renew', async (context) => {
    const port = await portOf(authority, context);
    await readBody(context, schemas.empty);
    return context.json(await port.renew(context.req.param('id')));
  });

  return app;
}

/** The wire's part of a denial: where to file it, and its signed form. */
async function onWire(
  authority: Authority,
  publicUrl: string,
  evaluation: Evaluation,
  decision: Decision | FailedEvaluation,
): Promise<Decision | FailedEvaluation> {
  if (decision.decision || !('access_request' in decision.context)) return decision;
  const { access_request, evaluation_id } = decision.context;
  if (access_request === undefined) return decision;
  const { expires_at } = access_request;
  return {
    decision: false,
    context: {
      ...decision.context,
      access_request: {
        ...access_request,
        endpoint: `${publicUrl}/access/v1/requests`,
        binding_token: await authority.tokens.bindingToken({ evaluation, evaluation_id, expires_at }),
        request_schema_url: `${publicUrl}/access/v1/request-schema`,
      },
    },
  };
}
