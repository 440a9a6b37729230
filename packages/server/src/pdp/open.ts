import { RISKIEST } from '@countersign/core';
import { loadSql } from '@countersign/effects';
import { decide } from './decide.ts';
import { explain } from './explain.ts';
import { foresee } from './foresee.ts';
import { loadSet, type LoadedSet, type LoadTerms } from './load.ts';
import { readPolicySetAside } from './policy-set-aside.ts';
import { pollSources } from './poll-sources.ts';
import type { Pdp, PolicyAnswer, PolicySetInfo } from './port.ts';
import { PolicySetError } from './policy-set-error.ts';
import { readSources, type SourceFolders } from './sources.ts';

export interface OpenPdpOptions extends SourceFolders, LoadTerms {
  /**
   * Records a change: awaited before the new set decides anything. The set that is loaded at the start is the
   * caller's to record.
   */
  readonly onReload: (info: PolicySetInfo) => void | Promise<void>;
  /** Told once another set decides. */
  readonly onDeciding?: () => void;
  /** Told of a set that was refused (`PolicySetError`), and of a change that could not be recorded. */
  readonly onRefused: (error: Error) => void;
}

/** What became of a reload. */
export type Reload =
  | { readonly kind: 'reloaded' | 'unchanged'; readonly info: PolicySetInfo }
  /** The old set keeps deciding. */
  | { readonly kind: 'refused'; readonly error: PolicySetError }
  /** Nothing is decided until a reload is recorded. */
  | { readonly kind: 'unrecorded'; readonly error: Error };

export interface OpenPdp {
  readonly pdp: Pdp;
  /** Reads the folders now; never rejects. */
  readonly reload: () => Promise<Reload>;
  /** Stops watching and waits for a reload under way. */
  readonly close: () => Promise<void>;
}

/** A log that takes longer than this to record a change counts as failed: the old set must not go on deciding. */
const RECORD_TIMEOUT_MS = 5_000;

/** Loads the policies and the catalog, throws `PolicySetError` if it cannot, and reloads them when files change. */
export async function openPdp(options: OpenPdpOptions): Promise<OpenPdp> {
  // Classifiers understand nothing before they are loaded.
  await loadSql();
  let current = await load();
  let unrecorded = false;
  let queue: Promise<unknown> = Promise.resolve();

  async function load(): Promise<LoadedSet> {
    const sources = await readSources(options);
    return loadSet(sources, options, await readPolicySetAside(sources.policies));
  }

  function refused(error: Error): void {
    try {
      options.onRefused(error);
    } catch {
      // A listener that fails must not end the watching.
    }
  }

  async function reloadNow(): Promise<Reload> {
    let next;
    try {
      next = await load();
    } catch (cause) {
      const error = cause instanceof PolicySetError ? cause : broken(cause);
      refused(error);
      return { kind: 'refused', error };
    }
    if (!unrecorded && sameVersions(next.info, current.info)) {
      next.deciding.slices.drop();
      return { kind: 'unchanged', info: current.info };
    }
    try {
      await withinTime(options.onReload(next.info));
    } catch (cause) {
      // Neither set may decide: the new one is not on record, and the old one may permit what the new one forbids.
      unrecorded = true;
      next.deciding.slices.drop();
      const error = new Error('policy change not recorded: every action is denied until it is', { cause });
      refused(error);
      return { kind: 'unrecorded', error };
    }
    // INVARIANT: no await from here on, so that each call of `decide` sees one whole set.
    current.deciding.slices.drop();
    current = next;
    unrecorded = false;
    options.onDeciding?.();
    return { kind: 'reloaded', info: current.info };
  }

  function reload(): Promise<Reload> {
    const turn = queue.then(reloadNow);
    queue = turn.catch(() => undefined);
    return turn;
  }

  const poll = pollSources(options, { changed: reload, retry: () => unrecorded });
  return {
    pdp: {
      get info() {
        return current.info;
      },
      explain: (question) => explain(current.deciding, question),
      get actions() {
        return current.actions;
      },
      entities: (type) => current.entities(type),
      foresee: (question) => (unrecorded ? { kind: 'open' } : foresee(current.deciding, question)),
      decide: (question) => (unrecorded ? notRecorded(current.info) : decide(current.deciding, question)),
    },
    reload,
    async close() {
      await poll.stop();
      await queue;
      current.deciding.slices.drop();
    },
  };
}

function notRecorded({ policy_version, catalog_version }: PolicySetInfo): PolicyAnswer {
  const why = 'policy change not recorded';
  return {
    kind: 'indeterminate',
    why,
    facts: RISKIEST,
    policies: [],
    duties: [],
    policy_version,
    catalog_version,
  };
}

function sameVersions(a: PolicySetInfo, b: PolicySetInfo): boolean {
  return a.policy_version === b.policy_version && a.catalog_version === b.catalog_version;
}

function broken(cause: unknown): PolicySetError {
  return new PolicySetError([
    { file: 'policies', reason: cause instanceof Error ? cause.message : String(cause) },
  ]);
}

async function withinTime(recording: void | Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('recording took too long')), RECORD_TIMEOUT_MS);
  });
  try {
    await Promise.race([recording, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
