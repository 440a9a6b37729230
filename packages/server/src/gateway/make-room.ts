import { agentIn } from './standing.ts';

export interface Room {
  /** How many one agent may have, whomever it calls for. */
  readonly ofAgent: number;
  readonly ofAll: number;
}

/**
 * What makes room for one more of a caller's, of what is kept in the order in which it came: the oldest of its agent's own
 * where that has as many as it may, so that no agent makes those of others be forgotten; else the oldest of all, where
 * there is no room.
 */
export function makesRoom<V>(
  kept: ReadonlyMap<string, V>,
  callerOf: (each: V) => string,
  caller: string,
  { ofAgent, ofAll }: Room,
): string | undefined {
  const agentId = agentIn(caller);
  const own = [...kept].filter(([, each]) => agentIn(callerOf(each)) === agentId);
  const [oldest] = own.length >= ofAgent ? own : kept.size >= ofAll ? kept : [];
  return oldest?.[0];
}
