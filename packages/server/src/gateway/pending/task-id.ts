import { randomBytes } from 'node:crypto';

/** Tells a task of ours from an upstream's own. */
export const OURS: RegExp = /^tsk_/;

/** The name of a task: nobody guesses it, and it proves nothing. */
export function newTaskId(): string {
  return `tsk_${randomBytes(24).toString('base64url')}`;
}
