import {
  QueryClient,
  useInfiniteQuery,
  useQuery,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  type InfiniteData,
} from '@tanstack/react-query';
import type { RequestView, SessionView } from '@countersign/core';
import { Problem } from './client.ts';
import { api, type PeopleView, type RequestPage } from './endpoints.ts';
import { useLiveState } from './live.tsx';

/** Names of what is cached; a prefix invalidates all below it. */
export const keys = {
  session: ['session'],
  open: ['requests', 'open'],
  closed: ['requests', 'closed'],
  request: (id: string) => ['request', id],
  people: ['people'],
} as const;

/** While events arrive, polling only covers a connection that looks open but is not. */
const POLL_LIVE_MS = 60_000;
const POLL_BROKEN_MS = 15_000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The authority often runs on this very machine: "offline" says nothing about it.
        networkMode: 'always',
        staleTime: 2_000,
        retry: (count, error) =>
          count < 2 && error instanceof Problem && (error.status === 0 || error.status >= 500),
      },
      mutations: { networkMode: 'always' },
    },
  });
}

export function useSession(): UseQueryResult<SessionView> {
  return useQuery({ queryKey: keys.session, queryFn: () => api.session() });
}

export function useOpenRequests(): UseQueryResult<RequestPage> {
  const refetchInterval = usePolling();
  return useQuery({ queryKey: keys.open, queryFn: () => api.requests('open'), refetchInterval });
}

export function useClosedRequests(): UseInfiniteQueryResult<InfiniteData<RequestPage>> {
  return useInfiniteQuery({
    queryKey: keys.closed,
    queryFn: ({ pageParam }) => api.requests('closed', pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });
}

export function useRequest(id: string): UseQueryResult<RequestView> {
  const refetchInterval = usePolling();
  return useQuery({ queryKey: keys.request(id), queryFn: () => api.request(id), refetchInterval });
}

export function usePeople(): UseQueryResult<PeopleView> {
  const refetchInterval = usePolling();
  return useQuery({ queryKey: keys.people, queryFn: () => api.people(), refetchInterval });
}

function usePolling(): number {
  return useLiveState() === 'live' ? POLL_LIVE_MS : POLL_BROKEN_MS;
}
