import { sourcesSignature, type SourceFolders } from './sources.ts';

interface PollActions {
  /** Told once the files have changed and then stood still for a whole interval. */
  changed(): Promise<unknown>;
  /** Whether to call `changed` again although nothing changes. */
  retry(): boolean;
}

/** Twice this is the longest a change goes unnoticed. */
const INTERVAL_MS = 250;
/** Intervals between retries of a change that could not be recorded. */
const RETRY_EVERY = 20;

/**
 * Watches the two folders by looking at them: unlike change events that works on network and container mounts and
 * sees through editors that write beside a file and rename, and the price is a `stat` per file.
 */
export function pollSources(folders: SourceFolders, actions: PollActions): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let acted: string | undefined;
  let seen: string | undefined;
  let since = 0;

  async function look(): Promise<void> {
    const signature = await sourcesSignature(folders);
    // Not before it stands still: half of a change is another policy.
    const settled = signature === seen;
    seen = signature;
    since++;
    if (settled && (signature !== acted || (actions.retry() && since >= RETRY_EVERY))) {
      acted = signature;
      since = 0;
      await actions.changed();
    }
    if (!stopped) schedule();
  }

  function schedule(): void {
    timer = setTimeout(() => {
      looking = look();
    }, INTERVAL_MS);
    timer.unref();
  }

  schedule();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
