import type { Evaluation, JsonValue, PepObligation } from '@countersign/core';
import type { Duty } from '../pdp/annotations.ts';
import type { PolicyAnswer } from '../pdp/port.ts';

/** Caller's names in a message are cut to this. */
const MAX_NAME = 120;

/**
 * What the policies that determined an answer ask of the enforcement point, as AuthZEN obligations. `outcome` is what
 * the message says came of it.
 */
export function pepObligations(
  evaluationId: string,
  agentId: string,
  { action, resource, context }: Evaluation,
  { duties }: PolicyAnswer,
  outcome: 'permitted' | 'denied',
): PepObligation[] {
  const able = ableTo(context);
  const feasible = duties.filter(({ kind }) => able?.has(TYPES[kind]) ?? true);
  return feasible.map((duty, index): PepObligation => {
    const id = `${evaluationId}-${index + 1}`;
    if (duty.kind === 'acr') return { id, type: 'step-up', properties: { acr_value: duty.value } };
    const what = `${shown(action.name)} on ${shown(resource.type)} ${shown(resource.id)}`;
    return {
      id,
      type: 'notification',
      properties: {
        to: duty.value,
        topic: `${outcome} by ${duty.policy}`,
        body: `Agent ${agentId}: ${what} was ${outcome} by policy ${duty.policy} (${evaluationId})`,
      },
    };
  });
}

/** The first type asked for that the enforcement point declared it cannot do; nothing declared says nothing. */
export function unsupported(
  { context }: Evaluation,
  { duties }: PolicyAnswer,
): PepObligation['type'] | undefined {
  const able = ableTo(context);
  if (able === undefined) return undefined;
  const { kind } = duties.find((duty) => !able.has(TYPES[duty.kind])) ?? {};
  return kind && TYPES[kind];
}

const TYPES: Record<Duty['kind'], PepObligation['type']> = { acr: 'step-up', notify: 'notification' };

function ableTo(context: Evaluation['context']): ReadonlySet<JsonValue> | undefined {
  const declared = context?.['supported_obligations'];
  return Array.isArray(declared) ? new Set<JsonValue>(declared as readonly JsonValue[]) : undefined;
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}...` : text);
}
