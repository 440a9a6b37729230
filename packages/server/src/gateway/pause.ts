import { setTimeout as later } from 'node:timers/promises';

/** Resolves after so many milliseconds, or once `signal` is aborted. It keeps no process alive. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await later(milliseconds, undefined, { signal, ref: false }).catch(() => {});
}
