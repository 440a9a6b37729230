import type { Identified } from '../identified.ts';
import { isObject } from '../message.ts';
import type { ParkedCall } from '../port.ts';
import type { OnBehalf } from '../standing.ts';
import type { ParkedCalls } from './parked-calls.ts';

/** Who asks about tasks, where, and with which credential. */
export type TaskCaller = OnBehalf & Pick<Identified, 'at' | 'tooNarrow'>;

/**
 * The caller's task of that name. INVARIANT: a name reaches no further than the credential that it comes with: what a token
 * for another upstream, or one too narrow to make the call, may not begin, it neither sees, ends nor goes on with.
 */
export async function reachedTask(
  parked: ParkedCalls,
  caller: TaskCaller,
  taskId: string,
): Promise<ParkedCall | undefined> {
  const call = await parked.find(caller, taskId);
  return call !== undefined && reaches(caller, call) ? call : undefined;
}

function reaches({ at, tooNarrow }: TaskCaller, { upstream, message: { params } }: ParkedCall): boolean {
  const tool = isObject(params) ? params['name'] : undefined;
  const isHere = at === undefined || at === upstream;
  return isHere && tooNarrow?.(upstream, typeof tool === 'string' ? tool : undefined) === undefined;
}
