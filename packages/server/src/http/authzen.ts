import {
  ConsentError,
  type Decision,
  type Evaluation,
  type FailedEvaluation,
  type JsonObject,
  type Submission,
  type Task,
} from '@countersign/core';
import { Hono, type Context } from 'hono';
import type { Authority, CallerPort } from '../faces.ts';
import type { Caller } from '../principal/port.ts';
import { batchOf, searchOf, singleOf } from './access-evaluations.ts';
import { readBody } from './body.ts';
import { refuseReserved } from './reserved.ts';
import * as schemas from './schemas.ts';

/** The longest `Prefer: wait` that is honoured, in seconds. */
const MAX_WAIT_SECONDS = 60;
const RETRY_AFTER_SECONDS = 2;
const NO_STORE = { 'cache-control': 'no-store' };

/** AuthZEN evaluation, ARAP requests and tasks, and claims, for agents and PEPs with an API key. */
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

  for (const find of ['subject', 'resource', 'action'] as const) {
    app.post(`/access/v1/search/${find}`, async (context) => {
      const port = await portOf(authority, context);
      const body = await readBody(context, schemas.search[find]);
      const found = await port.search(searchOf(find, body as JsonObject));
      return context.json(found, 200, NO_STORE);
    });
  }

  app.post('/access/v1/requests', async (context) => {
    const port = await portOf(authority, context);
    const body = await readBody(context, schemas.submission);
    refuseReserved(body as unknown as Evaluation);
    const key = idempotencyKey(context);
    const task = await port.request(
      submissionOf({ ...(body as unknown as Submission), ...actorOf(body.client) }),
      key === undefined ? {} : { idempotencyKey: key },
    );
    context.header('location', `${publicUrl}/access/v1/requests/${task.id}`);
    return context.json(wireTask(task, publicUrl), task.status === 'pending' ? 202 : 201);
  });

  app.get('/access/v1/requests/:id', async (context) => {
    const port = await portOf(authority, context);
    const id = context.req.param('id');
    const seconds = preferredWait(context);
    const { signal } = context.req.raw;
    const task =
      seconds === undefined
        ? await port.task(id)
        : await port.wait(id, { timeoutMs: seconds * 1000, signal });
    if (seconds !== undefined) context.header('preference-applied', `wait=${seconds}`);
    if (task.status === 'pending') context.header('retry-after', String(RETRY_AFTER_SECONDS));
    return context.json(wireTask(task, publicUrl), 200, NO_STORE);
  });

  // "implementations MAY also accept HTTP DELETE": ARAP §"Cancellation".
  app.on(['POST', 'DELETE'], '/access/v1/requests/:id/cancel', async (context) => {
    const port = await portOf(authority, context);
    if (hasBody(context)) await readBody(context, schemas.cancellation);
    return context.json(wireTask(await port.cancel(context.req.param('id')), publicUrl));
  });

  app.get('/access/v1/request-schema', (context) => context.json(schemas.augmentations()));
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

/** The port of whoever presents the key. Throws `unauthenticated`. */
async function portOf(authority: Authority, context: Context): Promise<CallerPort> {
  return authority.consent(await callerOf(authority, context));
}

async function callerOf(authority: Authority, context: Context): Promise<Caller> {
  const [, key] = /^Bearer ([\w.~+/-]+=*)$/i.exec(context.req.header('authorization') ?? '') ?? [];
  const caller = key === undefined ? undefined : await authority.authenticate(key);
  if (caller === undefined)
    throw new ConsentError('unauthenticated', 'send a valid api key as Authorization: Bearer');
  return caller;
}

function hasBody(context: Context): boolean {
  const length = context.req.header('content-length');
  return (length !== undefined && length !== '0') || context.req.header('transfer-encoding') !== undefined;
}

function idempotencyKey(context: Context): string | undefined {
  const key = context.req.header('idempotency-key');
  if (key !== undefined && (key.length === 0 || key.length > 255)) {
    throw new ConsentError('invalid_request', 'idempotency-key must have 1 to 255 characters');
  }
  return key;
}

/** RFC 7240 §4.3. */
function preferredWait(context: Context): number | undefined {
  const [, seconds] =
    /(?:^|[,;\s])wait=(\d{1,6})(?=$|[,;\s])/i.exec(context.req.header('prefer') ?? '') ?? [];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}

/** The plea travels in the context (ARAP) and binds nothing. */
function submissionOf(body: Submission): Submission {
  const words = body.context?.['business_justification'];
  if (words !== undefined && typeof words !== 'string') {
    throw new ConsentError('invalid_request', 'context.business_justification must be text');
  }
  const { subject, action, resource, context, denial, actor, callback } = body;
  const { evaluation_id, expires_at, binding_token } = denial;
  return {
    subject,
    action,
    resource,
    denial: {
      ...(evaluation_id === undefined ? {} : { evaluation_id }),
      ...(expires_at === undefined ? {} : { expires_at }),
      ...(binding_token === undefined ? {} : { binding_token }),
    },
    ...(actor === undefined ? {} : { actor }),
    ...(callback === undefined ? {} : { callback: wishOf(callback) }),
    ...(context === undefined ? {} : { context }),
    ...(words === undefined ? {} : { business_justification: words }),
  };
}

function wishOf({
  endpoint,
  state,
  events,
}: NonNullable<Submission['callback']>): NonNullable<Submission['callback']> {
  return {
    endpoint,
    ...(state === undefined ? {} : { state }),
    ...(events === undefined ? {} : { events }),
  };
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

function actorOf(client: { actor?: object | undefined } | undefined): { actor?: JsonObject } {
  return client?.actor === undefined ? {} : { actor: client.actor as JsonObject };
}

function wireTask(task: Task, publicUrl: string): object {
  const { approval, ...rest } = task;
  const status_endpoint = `${publicUrl}/access/v1/requests/${task.id}`;
  return {
    task: { ...rest, status_endpoint, links: { cancel: `${status_endpoint}/cancel` } },
    ...(approval === undefined ? {} : { result: { mode: 'reevaluate', approval } }),
  };
}
