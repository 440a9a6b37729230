import {
  ConsentError,
  type BundleSubmission,
  type BundleTask,
  type Evaluation,
  type JsonObject,
  type Submission,
  type Task,
} from '@countersign/core';
import { Hono, type Context } from 'hono';
import type { Authority } from '../faces.ts';
import { readBody } from './body.ts';
import { idempotencyKey, portOf } from './caller.ts';
import { preferredWait } from './preferred-wait.ts';
import { refuseReserved } from './reserved.ts';
import * as schemas from './schemas.ts';

const RETRY_AFTER_SECONDS = 2;
const NO_STORE = { 'cache-control': 'no-store' };
const BUNDLE = /^bnd_/;

/** Access requests and their tasks, alone or in bundles. ARAP. */
export function accessRequestRoutes(authority: Authority, publicUrl: string): Hono {
  const app = new Hono();

  app.post('/access/v1/requests', async (context) => {
    const port = await portOf(authority, context);
    const body = await readBody(context, schemas.submission);
    refuseReserved(body as unknown as Partial<Evaluation>);
    for (const item of body.items ?? []) refuseReserved(item as unknown as Partial<Evaluation>);
    const key = idempotencyKey(context);
    const options = key === undefined ? {} : { idempotencyKey: key };
    const submitted = { ...(body as unknown as Submission), ...actorOf(body.client) };
    const task =
      body.items === undefined
        ? await port.request(submissionOf(submitted), options)
        : await port.requestBundle(bundleOf(submitted as never), options);
    context.header('location', `${publicUrl}/access/v1/requests/${task.id}`);
    return context.json(onWire(task, publicUrl), task.status === 'pending' ? 202 : 201);
  });

  app.get('/access/v1/requests/:id', async (context) => {
    const port = await portOf(authority, context);
    const id = context.req.param('id');
    const seconds = preferredWait(context);
    const waiting = { timeoutMs: (seconds ?? 0) * 1000, signal: context.req.raw.signal };
    const task = BUNDLE.test(id)
      ? await (seconds === undefined ? port.bundle(id) : port.waitForBundle(id, waiting))
      : await (seconds === undefined ? port.task(id) : port.wait(id, waiting));
    if (seconds !== undefined) context.header('preference-applied', `wait=${seconds}`);
    // Whoever has waited here has waited enough.
    if (task.status === 'pending' && (seconds ?? 0) < RETRY_AFTER_SECONDS)
      context.header('retry-after', String(RETRY_AFTER_SECONDS));
    return context.json(onWire(task, publicUrl), 200, NO_STORE);
  });

  // "implementations MAY also accept HTTP DELETE": ARAP §"Cancellation".
  app.on(['POST', 'DELETE'], '/access/v1/requests/:id/cancel', async (context) => {
    const port = await portOf(authority, context);
    const id = context.req.param('id');
    if (hasBody(context)) await readBody(context, schemas.cancellation);
    const task = BUNDLE.test(id) ? await port.cancelBundle(id) : await port.cancel(id);
    return context.json(onWire(task, publicUrl));
  });

  app.get('/access/v1/request-schema', (context) => context.json(schemas.augmentations()));
  return app;
}

function hasBody(context: Context): boolean {
  const length = context.req.header('content-length');
  return (length !== undefined && length !== '0') || context.req.header('transfer-encoding') !== undefined;
}

/** The plea travels in the context (ARAP) and binds nothing. */
function submissionOf(body: Submission): Submission {
  const words = body.context?.['business_justification'];
  if (words !== undefined && typeof words !== 'string') {
    throw new ConsentError('invalid_request', 'context.business_justification must be text');
  }
  const { subject, action, resource, context, denial, actor, callback, requested_access } = body;
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
    // Part of what a repetition must repeat.
    ...(requested_access === undefined ? {} : { requested_access }),
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

/** Each item names its own denial. Throws `invalid_request`. */
function bundleOf({
  items,
  ...body
}: Submission & { readonly items: BundleSubmission['items'] }): BundleSubmission {
  if (body.resource !== undefined || body.action !== undefined)
    throw new ConsentError(
      'invalid_request',
      'items: resource and action stand in each item, not beside them',
    );
  if (body.callback !== undefined)
    throw new ConsentError(
      'invalid_request',
      'callback: not for a bundle; file the items that need one alone',
    );
  const {
    resource: _r,
    action: _a,
    denial,
    ...common
  } = submissionOf({ ...body, denial: body.denial ?? {} });
  return {
    ...common,
    ...(Object.keys(denial).length === 0 ? {} : { denial }),
    items: items.map((item) => ({
      resource: item.resource,
      action: item.action,
      ...(item.requested_access === undefined ? {} : { requested_access: item.requested_access }),
      ...(item.denial === undefined ? {} : { denial: item.denial }),
    })),
  };
}

function actorOf(client: { actor?: object | undefined } | undefined): { actor?: JsonObject } {
  return client?.actor === undefined ? {} : { actor: client.actor as JsonObject };
}

function onWire(task: Task | BundleTask, publicUrl: string): object {
  return 'items' in task ? wireBundle(task, publicUrl) : wireTask(task, publicUrl);
}

function wireTask(task: Task, publicUrl: string): object {
  const { approval, ticket_url, ...rest } = task;
  const status_endpoint = `${publicUrl}/access/v1/requests/${task.id}`;
  const ticket = ticket_url === undefined ? {} : { ticket: ticket_url };
  return {
    task: { ...rest, status_endpoint, links: { ...ticket, cancel: `${status_endpoint}/cancel` } },
    ...(approval === undefined ? {} : { result: { mode: 'reevaluate', approval } }),
  };
}

/** "the PEP MUST NOT infer per-item outcomes from the aggregate `task.status`": so there is no result above the items'. */
function wireBundle({ items, ...bundle }: BundleTask, publicUrl: string): object {
  const status_endpoint = `${publicUrl}/access/v1/requests/${bundle.id}`;
  return {
    task: {
      ...bundle,
      expires_at: items
        .map(({ task }) => task.expires_at)
        .toSorted()
        .at(-1),
      items: items.map(({ resource, action, task }) => ({
        resource,
        action,
        status: task.status,
        ...(task.approval === undefined ? {} : { result: { mode: 'reevaluate', approval: task.approval } }),
      })),
      status_endpoint,
      links: { cancel: `${status_endpoint}/cancel` },
    },
  };
}
