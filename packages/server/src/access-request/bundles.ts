import {
  canonicalHash,
  ConsentError,
  isFinal,
  type BundleSubmission,
  type BundleTask,
  type CallOptions,
} from '@countersign/core';
import { credentialOf } from '../decision/acting-agent.ts';
import { rfc3339, type AuthorityParts } from '../parts.ts';
import { newId } from '../principal/ids.ts';
import type { Caller } from '../principal/port.ts';
import type { Bundle, ForeignDenial } from './port.ts';
import { bodyOf, cancelTask, checkedFiling, filingLimits, isOver, keptTask, notFiled } from './tasks.ts';

/** What every id of a bundle begins with, so that it is told from a request's. */
export const BUNDLE_PREFIX = 'bnd_';

/**
 * Files a request for each item, or none of them. Each is its own request, put to its own approvers, and granted by
 * itself: a bundle is one submission and one handle, never one consent. ARAP §"Access Request Submission".
 */
export async function fileBundle(
  parts: AuthorityParts,
  caller: Caller,
  submission: BundleSubmission,
  idempotencyKey: string | undefined,
): Promise<BundleTask> {
  const { items, denial: common, ...rest } = submission;
  const covering = await coveringDenial(parts, submission);
  const filings = [];
  for (const [index, { resource, action, denial }] of items.entries()) {
    const filing = await checkedFiling(
      parts,
      caller,
      { ...rest, resource, action, denial: denial ?? common ?? {} },
      denial === undefined ? covering?.(index) : undefined,
    );
    filings.push({ ...filing, resource, action });
  }
  const outcome = await parts.requests.fileBundle({
    id: newId(parts, 'bnd'),
    credential: credentialOf(caller),
    filings,
    ...(idempotencyKey === undefined
      ? {}
      : { idempotency: { key: idempotencyKey, body_hash: canonicalHash(bodyOf(submission)) } }),
    ...filingLimits(parts),
  });
  if (outcome.kind !== 'filed') throw notFiled(outcome.kind);
  for (const { request } of outcome.bundle.items)
    parts.events.tell({ kind: 'request', id: request, status: 'pending' });
  return await bundleTask(parts, caller, outcome.bundle);
}

/**
 * What the one token that covers a whole bundle says of each of its items: it "MUST cover … every Resource and Action in
 * `items`". One token of another PDP then files one request for each. Throws `invalid_denial_binding`, `expired_denial`.
 */
async function coveringDenial(
  parts: AuthorityParts,
  { subject, context, items, denial }: BundleSubmission,
): Promise<((index: number) => string | ForeignDenial) | undefined> {
  if (denial?.binding_token === undefined || items.every((item) => item.denial !== undefined))
    return undefined;
  const covered = { subject, items, ...(context === undefined ? {} : { context }) };
  const named = await parts.tokens.verifyBindingToken(denial.binding_token, covered, denial);
  if (typeof named === 'string' || items.length === 1) return () => named;
  return (index) => ({ ...named, jti: `${named.jti}#${index}` });
}

/** Throws `unknown_task`, and `task_expired` once every item ended too long ago. */
export async function readBundle(parts: AuthorityParts, caller: Caller, id: string): Promise<BundleTask> {
  const bundle = await bundleTask(parts, caller, await held(parts, caller, id));
  if (bundle.items.every(({ task }) => isOver(task, parts.clock())))
    throw new ConsentError('task_expired', 'the bundle ended too long ago');
  return bundle;
}

/** Resolves when every item has ended, or with the state after `timeoutMs`. */
export async function waitForBundle(
  parts: AuthorityParts,
  caller: Caller,
  id: string,
  options: CallOptions & { readonly timeoutMs: number },
): Promise<BundleTask> {
  const { promise: over, resolve: end } = Promise.withResolvers<'over'>();
  let changed = Promise.withResolvers<'changed'>();
  // Listening begins before looking, so that no change falls between the two.
  const stop = parts.events.subscribe((event) => {
    if (event.kind === 'request') changed.resolve('changed');
  });
  const timer = setTimeout(() => end('over'), options.timeoutMs);
  options.signal?.addEventListener('abort', () => end('over'), { once: true });
  try {
    for (;;) {
      const next = changed;
      const bundle = await readBundle(parts, caller, id);
      if (bundle.status !== 'pending' || options.signal?.aborted === true) return bundle;
      if ((await Promise.race([next.promise, over])) === 'over') return await readBundle(parts, caller, id);
      changed = Promise.withResolvers();
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** Withdraws every item that is pending. Throws `invalid_task_state` when none is. */
export async function cancelBundle(parts: AuthorityParts, caller: Caller, id: string): Promise<BundleTask> {
  const before = await readBundle(parts, caller, id);
  let cancelled = 0;
  for (const { task } of before.items) {
    if (isFinal(task.status)) continue;
    try {
      await cancelTask(parts, caller, task.id);
      cancelled++;
    } catch (error) {
      // Somebody answered it in between, or it stands in the bundle twice.
      if (!(error instanceof ConsentError && error.code === 'invalid_task_state')) throw error;
    }
  }
  if (cancelled === 0)
    throw new ConsentError('invalid_task_state', `the bundle has ended already: ${before.status}`);
  return await readBundle(parts, caller, id);
}

async function held(parts: AuthorityParts, caller: Caller, id: string): Promise<Bundle> {
  const bundle = await parts.requests.bundle(id, credentialOf(caller));
  if (bundle === undefined) throw new ConsentError('unknown_task', 'no such task of this credential');
  return bundle;
}

async function bundleTask(parts: AuthorityParts, caller: Caller, bundle: Bundle): Promise<BundleTask> {
  const items = await Promise.all(
    bundle.items.map(async ({ request, resource, action }) => ({
      resource,
      action,
      task: await keptTask(parts, caller, request),
    })),
  );
  return { id: bundle.id, status: aggregate(items), created_at: rfc3339(bundle.created_at), items };
}

/** ARAP §"Access Request Response". */
function aggregate(items: BundleTask['items']): BundleTask['status'] {
  const statuses = new Set(items.map(({ task }) => task.status));
  const [first = 'failed'] = statuses;
  if (statuses.has('pending')) return 'pending';
  return statuses.size === 1 ? first : 'partial';
}
