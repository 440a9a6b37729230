import { randomUUID } from 'node:crypto';
import {
  ConsentError,
  denialReference,
  type ConsentPort,
  type Decision,
  type Denial,
  type ErrorCode,
  type Evaluation,
  type JsonObject,
  type Task,
} from '@countersign/core';
import { awayReason, type NotRun } from './answers.ts';
import { RunningClaim } from './claim.ts';
import { MappingError } from './coaz/mapping-error.ts';
import { questionOf, type Call } from './mapping.ts';
import type { ToolDefinition } from './tool-definitions.ts';
import { UpstreamAway } from './upstream-away.ts';
import { isSameWorld, movedWorld } from './world.ts';

/** What a door knows and can do about the call under way. */
export interface Surroundings {
  readonly port: ConsentPort;
  readonly holdMs: number;
  /** The tool as the upstream lists it, or undefined where it lists none of that name. */
  definition(freshness: 'known' | 'fresh'): Promise<ToolDefinition | undefined>;
  /** Whether the caller still waits for the answer. */
  present(): boolean;
  /**
   * Ends a hold when the caller goes; asked for when one begins. No getter: each object with one of its own has a shape of
   * its own, which V8 keeps, and with it all that the getter sees, until a full collection.
   */
  gone(): AbortSignal;
  /** Called when the hold begins. */
  holding(): void;
  /** Called when a read is certain to be permitted but not yet recorded: it may be fetched, not released. */
  readonly onReadPermit?: () => void;
  /** The claim that this call goes on with: its server asked something of the client, who answers now. */
  readonly continued?: (tool_digest: string | undefined) => RunningClaim | undefined;
  /** How that stands which a denial says should be looked at; undefined where it says nothing. */
  readonly look?: (denial: Denial) => Promise<JsonObject | undefined>;
  /** The same look once more. */
  readonly lookAgain?: (world: JsonObject) => Promise<JsonObject | undefined>;
  /** How it stands now and was, remembered for the same call made again. */
  readonly moved?: (before: JsonObject, now: JsonObject) => JsonObject;
  failed(error: unknown): void;
}

/** Whether to run the call, once, and under which claim; or what to say instead. */
export type Verdict =
  | { readonly kind: 'run'; readonly claim?: RunningClaim }
  | { readonly kind: 'not_run'; readonly why: NotRun }
  /** It waits for consent longer than the door holds it. */
  | { readonly kind: 'pending'; readonly pending: Pending }
  /** A request that cannot be asked about, and why: nothing was decided. */
  | { readonly kind: 'bad_params'; readonly why: string };

/** A call that people have been asked about and have not answered. */
export interface Pending {
  readonly task: Task;
  /** Whose consent it needs. */
  readonly who: string;
  /** The tool's definition that they are shown. */
  readonly tool_digest: string | undefined;
  /** How what it would change stands, as they are shown it. */
  readonly world?: JsonObject | undefined;
}

const UNNAMED: Verdict = { kind: 'bad_params', why: 'the params do not name what the method needs' };
/** `state_changed` asks to judge again; more than this is a storm, and the caller may come back. */
const JUDGEMENTS = 3;
/** How often people are asked about one call because the world moves under it. */
const MAX_ASKED = 3;
/** Why people are not asked, by the code of the refusal to ask them. */
const TOO_MANY: Partial<Record<ErrorCode, NotRun>> = {
  too_many_pending: {
    kind: 'refused',
    reason: 'too_many_pending',
    words: 'too many of this agent’s requests wait for people already',
    terminal: false,
    retry_after: 60,
  },
  too_many_requests: {
    kind: 'refused',
    reason: 'too_many_requests',
    words: 'this agent asked people too often just now: wait a minute before it asks for anything new',
    terminal: false,
    retry_after: 60,
  },
};

/**
 * The enforcement of one call, from top to bottom. INVARIANT: `run` is answered at most once for a claim, and
 * only after the permit is durable; whatever fails on the way ends here as a refusal.
 */
export async function enforce(call: Call, door: Surroundings): Promise<Verdict> {
  try {
    const isTool = call.method === 'tools/call';
    const tool = isTool ? await door.definition('known') : undefined;
    const question = questionOf(call, tool);
    if (question === undefined) return UNNAMED;
    if (isTool && tool === undefined) return notRun({ kind: 'unlisted' });

    const decision = await door.port.evaluate(
      question,
      door.onReadPermit && { onReadPermit: door.onReadPermit },
    );
    if (decision.decision) return { kind: 'run' };

    // What a claim of ours asked for goes on under it: the effect that it was spent on is not done yet.
    const continued = isRequestable(decision) ? door.continued?.(tool?.digest) : undefined;
    if (continued !== undefined) return { kind: 'run', claim: continued };

    let world = await door.look?.(decision);
    for (let asked = 0; asked < MAX_ASKED; asked++) {
      const put = withWorld(question, world);
      const answer = world === undefined ? decision : await door.port.evaluate(put);
      if (answer.decision) return { kind: 'run' };
      const consent = await obtainConsent(door, put, answer, { tool_digest: tool?.digest, world });
      if (consent.kind !== 'approved') return consent;

      // The tool may have changed while a person was looking at what it was, and so may what it would change.
      if (isTool && (await door.definition('fresh'))?.digest !== tool?.digest)
        return notRun({ kind: 'definition_changed' });
      const now = await door.look?.(answer);
      if (!door.present()) return notRun({ kind: 'gone' });
      if (world === undefined || now === undefined || isSameWorld(world, now))
        return await claim(door, put, consent.approval, randomUUID());
      world = door.moved?.(world, now) ?? movedWorld(world, now);
    }
    return notRun({ kind: 'world_moved' });
  } catch (error) {
    return failure(door, error);
  }
}

/**
 * The enforcement of a parked call once people have consented: everything is judged as it is now, and claimed under
 * a key of the call's own, so that a second try of the same call never spends a second use.
 */
export async function enforceParked(
  call: Call,
  door: Surroundings,
  approval: JsonObject,
  parked: { readonly id: string; readonly tool_digest: string; readonly world?: JsonObject },
): Promise<Verdict> {
  try {
    const tool = await door.definition('fresh');
    if (tool === undefined) return notRun({ kind: 'unlisted' });
    if (tool.digest !== parked.tool_digest) return notRun({ kind: 'definition_changed' });
    const question = questionOf(call, tool);
    if (question === undefined) return UNNAMED;
    const { world } = parked;
    const now = world === undefined ? undefined : await door.lookAgain?.(world);
    if (world === undefined || now === undefined || isSameWorld(world, now))
      return await claim(door, withWorld(question, world), approval, parked.id);
    const moved = movedWorld(world, now);
    const put = withWorld(question, moved);
    const answer = await door.port.evaluate(put);
    if (answer.decision) return { kind: 'run' };
    const consent = await obtainConsent(door, put, answer, { tool_digest: tool.digest, world: moved });
    return consent.kind === 'approved' ? await claim(door, put, consent.approval, parked.id) : consent;
  } catch (error) {
    return failure(door, error);
  }
}

/** Fail closed: here ends every failure between a call and its permit. */
function failure(door: Surroundings, error: unknown): Verdict {
  // Who has left hears nothing of it, and it is no failure that asking was broken off.
  if (!door.present()) return notRun({ kind: 'gone' });
  if (error instanceof MappingError)
    return { kind: 'bad_params', why: `authorization mapping: ${error.message}` };
  const tooMany = error instanceof ConsentError ? TOO_MANY[error.code] : undefined;
  if (tooMany !== undefined) return notRun(tooMany);
  if (error instanceof UpstreamAway) {
    if (error.cause !== undefined) door.failed(error.cause);
    return notRun(awayReason(error));
  }
  door.failed(error);
  return notRun({ kind: 'unavailable' });
}

function withWorld(question: Evaluation, world: JsonObject | undefined): Evaluation {
  return world === undefined
    ? question
    : { ...question, context: { ...question.context, precondition: world } };
}

function isNotRequestable(error: unknown): boolean {
  return error instanceof ConsentError && error.code === 'not_requestable';
}

function isRequestable({ context }: Denial): boolean {
  return context.approval !== undefined || context.access_request !== undefined;
}

/** A live approval that the denial names, or the one that a person gives while we hold the call. */
async function obtainConsent(
  door: Surroundings,
  question: Evaluation,
  { context }: Denial,
  seen: Pick<Pending, 'tool_digest' | 'world'>,
): Promise<{ kind: 'approved'; approval: JsonObject } | (Verdict & { kind: 'not_run' | 'pending' })> {
  if (context.approval !== undefined) return { kind: 'approved', approval: { ...context.approval } };
  if (context.access_request === undefined) return refused(context);
  let filed: Task;
  try {
    filed = await door.port.request({ ...question, denial: denialReference(context) });
  } catch (error) {
    // Somebody may have answered the same action between its denial and its filing: then it is denied, and not unheard.
    const now = isNotRequestable(error) ? await door.port.evaluate(question) : undefined;
    if (now === undefined || now.decision || isRequestable(now)) throw error;
    return refused(now.context);
  }
  if (door.holdMs > 0) door.holding();
  const task =
    filed.status === 'pending' && door.holdMs > 0
      ? await door.port.wait(filed.id, { timeoutMs: door.holdMs, signal: door.gone() })
      : filed;
  switch (task.status) {
    case 'approved':
      return task.approval === undefined
        ? notRun({ kind: 'unavailable' })
        : { kind: 'approved', approval: { ...task.approval } };
    case 'pending':
      // Who has given a held call up is not told to make it again.
      if (door.holdMs > 0 && !door.present()) return notRun({ kind: 'gone' });
      return {
        kind: 'pending',
        pending: { task, who: context.access_request.display.description, ...seen },
      };
    case 'denied':
    case 'expired':
    case 'cancelled':
    case 'failed':
      return notRun({ kind: 'ended', request_id: task.id, status: task.status });
  }
}

/** Evaluates with the approval, unchanged as ARAP asks: the permit is the claim. One key for all tries, so that a lost answer finds its claim. */
async function claim(
  door: Surroundings,
  question: Evaluation,
  approval: JsonObject,
  idempotencyKey: string,
): Promise<Verdict> {
  const withApproval = { ...question, context: { ...question.context, approval } };
  let decision: Decision | undefined;
  for (let judgement = 0; judgement < JUDGEMENTS; judgement++) {
    decision = await door.port.evaluate(withApproval, { idempotencyKey });
    if (decision.decision || decision.context.reason !== 'state_changed') break;
  }
  if (decision === undefined) return notRun({ kind: 'unavailable' });
  if (!decision.decision) {
    return decision.context.reason === 'approval_consumed'
      ? notRun({ kind: 'already_run' })
      : refused(decision.context);
  }
  const claimId = decision.context.approval?.claim_id;
  return claimId === undefined
    ? { kind: 'run' }
    : { kind: 'run', claim: new RunningClaim(door.port, claimId, (error) => door.failed(error)) };
}

function refused({
  reason,
  reason_user,
  next_action,
  retry_after,
}: Denial['context']): Verdict & { kind: 'not_run' } {
  return notRun({
    kind: 'refused',
    reason,
    words: reason_user,
    terminal: next_action === 'none',
    ...(retry_after === undefined ? {} : { retry_after }),
  });
}

function notRun(why: NotRun): Verdict & { kind: 'not_run' } {
  return { kind: 'not_run', why };
}
