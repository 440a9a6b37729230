import { randomBytes } from 'node:crypto';
import type { JsonValue } from '@countersign/core';

/** Whether this names a task of ours: no upstream's own, under any name that it has here, begins so. */
export function isOurTask(id: JsonValue | undefined): boolean {
  return typeof id === 'string' && id.startsWith(OURS);
}

/** The name of a task: nobody guesses it, and it proves nothing. */
export function newTaskId(): string {
  return OURS + randomBytes(24).toString('base64url');
}

const OURS = 'tsk_';
