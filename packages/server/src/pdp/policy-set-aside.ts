import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PolicySetError, type Problem } from './policy-set-error.ts';
import { readPolicySet, type LoadedPolicy } from './policy-set.ts';
import type { SourceFile } from './source-file.ts';

/** What the thread says: policies in several parts, then that it is done; or what is wrong with them. */
export type PolicySetMessage =
  | { readonly policies: readonly LoadedPolicy[] }
  | { readonly problems: readonly Problem[] }
  | { readonly done: true };

/** Smaller sets are read in less time than a thread takes to start. */
const MIN_BYTES = 64 * 1024;

/**
 * `readPolicySet` without a pause: ten thousand policies take Cedar's parser seconds, in which nothing would be
 * decided. A large set is read on a thread of its own.
 */
export async function readPolicySetAside(files: readonly SourceFile[]): Promise<readonly LoadedPolicy[]> {
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (bytes < MIN_BYTES) return readPolicySet(files);
  const policies: LoadedPolicy[] = [];
  const worker = new Worker(new URL(`./policy-set-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: files,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message: PolicySetMessage) => {
        if ('policies' in message) {
          policies.push(...message.policies);
          setImmediate(() => worker.postMessage('next', []));
        } else if ('problems' in message) reject(new PolicySetError(message.problems));
        else resolve();
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('the thread that reads policies ended')));
    });
  } finally {
    await worker.terminate();
  }
  return policies;
}
