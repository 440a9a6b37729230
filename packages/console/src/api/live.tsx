import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';

export type LiveState = 'connecting' | 'live' | 'broken';

const LiveContext = createContext<LiveState>('connecting');

/** Whether what is on the screen follows the server by itself. */
export function useLiveState(): LiveState {
  return useContext(LiveContext);
}

/** Keeps the event stream open while mounted, and what is cached as fresh as its events. */
export function LiveUpdates({ children }: { readonly children: ReactNode }): ReactNode {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => followEvents(client, setState), [client]);
  return <LiveContext value={state}>{children}</LiveContext>;
}

/** Milliseconds before attempt `failures` + 1: doubling from one second to thirty, spread by `random` in [0, 1). */
export function backOff(failures: number, random: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.min(failures, 5)) * (0.75 + random / 2);
}

function followEvents(client: QueryClient, report: (state: LiveState) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  // A first fetch under way may have read what was there before the change, and is not repeated by itself.
  async function invalidate(...queryKey: string[]): Promise<void> {
    await client.cancelQueries({ queryKey });
    await client.invalidateQueries({ queryKey });
  }

  function connect(): void {
    clearTimeout(timer);
    source?.close();
    const current = new EventSource('/console/api/events');
    source = current;
    current.addEventListener('open', () => {
      failures = 0;
      report('live');
      // What happened before this, the first time too, was sent to nobody.
      void invalidate();
    });
    current.addEventListener('request', (event: MessageEvent<string>) => {
      void invalidate('requests');
      const id = idOf(event.data);
      void (id === undefined ? invalidate('request') : invalidate('request', id));
    });
    current.addEventListener('people', () => {
      void invalidate('people');
      void invalidate('session');
    });
    current.addEventListener('error', () => {
      // The browser's own retry gives up for good on an error status, so the retrying is done here.
      current.close();
      report('broken');
      timer = setTimeout(connect, backOff(failures, Math.random()));
      failures += 1;
    });
  }

  function onVisible(): void {
    if (document.visibilityState !== 'visible' || source?.readyState !== EventSource.CLOSED) return;
    failures = 0;
    connect();
  }

  connect();
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
    source?.close();
  };
}

function idOf(data: string): string | undefined {
  try {
    const { id } = JSON.parse(data) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
