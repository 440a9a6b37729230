import type { JsonObject } from '@countersign/core';
import type { PendingForm } from '../../config/config.ts';
import { notRunMessage } from '../answers.ts';
import type { McpRequest } from '../conversation.ts';
import type { Pending } from '../enforce.ts';
import { legacyTaskCreated } from './legacy-wire.ts';
import type { ParkedCalls } from './parked-calls.ts';
import type { Retries } from './retries.ts';
import { taskCreated, urlRequired } from './wire.ts';

/** Who called what, as far as the answer to a call that waits needs it. */
export interface WaitingCall {
  readonly agent: string;
  readonly upstream: string;
  readonly request: McpRequest;
  readonly form: PendingForm;
  /** How long a client of the older era wishes that the task is kept that it asked for. */
  readonly ttlMs?: number;
}

/** Where what must outlast the answer is kept. */
export interface Keeping {
  readonly retries: Retries;
  /** Without it nothing becomes a task. */
  readonly parked?: ParkedCalls;
}

/** The answer to a call that waits for people, in the form that its client takes. Whatever it needs is durable first. */
export async function pendingAnswer(
  { agent, upstream, request, form, ttlMs }: WaitingCall,
  pending: Pending,
  { retries, parked }: Keeping,
): Promise<JsonObject> {
  const { id, method, era } = request;
  const { task, who } = pending;
  if (form === 'task' && parked !== undefined) {
    const call = await parked.park(agent, upstream, request, pending, ttlMs);
    if (call !== 'too_many')
      return era === 'modern' ? taskCreated(id, call) : legacyTaskCreated(id, call, who);
  }
  if (form === 'url' && task.ticket_url !== undefined) {
    const state = era === 'modern' ? await retries.expect({ agent, upstream }, request, task) : '';
    return urlRequired(id, era, pending, task.ticket_url, state);
  }
  return notRunMessage(id, method, era, { kind: 'pending', request_id: task.id, who });
}
