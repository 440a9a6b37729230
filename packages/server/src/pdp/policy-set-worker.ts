// Reads a policy set on a thread of its own, for `policy-set-aside.ts`.
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { PolicySetMessage } from './policy-set-aside.ts';
import { PolicySetError } from './policy-set-error.ts';
import { readPolicySet } from './policy-set.ts';
import type { SourceFile } from './source-file.ts';

/** So many at a time, and the next when they are asked for, that whoever receives them has other turns in between. */
const BATCH = 200;

function say(message: PolicySetMessage): void {
  parentPort?.postMessage(message, []);
}

try {
  const policies = readPolicySet(workerData as readonly SourceFile[]);
  for (let start = 0; start < policies.length; start += BATCH) {
    say({ policies: policies.slice(start, start + BATCH) });
    if (parentPort !== null) await once(parentPort, 'message');
  }
  say({ done: true });
} catch (error) {
  if (!(error instanceof PolicySetError)) throw error;
  say({ problems: error.problems });
}
