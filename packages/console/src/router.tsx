import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent, type ReactNode } from 'react';

export type Route =
  | { readonly page: 'inbox' | 'history' | 'people' | 'enrol' | 'nowhere' }
  | { readonly page: 'request'; readonly id: string };

/** The page that a path names. */
export function matchRoute(pathname: string): Route {
  const path = pathname.length > 1 ? pathname.replace(/\/+$/, '') : pathname;
  if (path === '/' || path === '') return { page: 'inbox' };
  if (path === '/history') return { page: 'history' };
  if (path === '/people') return { page: 'people' };
  if (path === '/enrol') return { page: 'enrol' };
  const request = /^\/requests\/([A-Za-z0-9_-]+)$/.exec(path);
  return request?.[1] === undefined ? { page: 'nowhere' } : { page: 'request', id: request[1] };
}

const MOVED = 'countersign:moved';

/** Goes to another page of the console without loading it anew. */
export function navigate(path: string): void {
  if (path === location.pathname) return;
  history.pushState(null, '', path);
  window.scrollTo(0, 0);
  window.dispatchEvent(new Event(MOVED));
}

export function useRoute(): Route {
  return matchRoute(useSyncExternalStore(subscribe, () => location.pathname));
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('popstate', changed);
  window.addEventListener(MOVED, changed);
  return () => {
    window.removeEventListener('popstate', changed);
    window.removeEventListener(MOVED, changed);
  };
}

/** A real link (opens in a new tab, can be copied) that the router follows on a plain click. */
export function Link({
  to,
  children,
  ...rest
}: {
  readonly to: string;
  readonly children: ReactNode;
} & AnchorHTMLAttributes<HTMLAnchorElement>): ReactNode {
  function follow(event: MouseEvent<HTMLAnchorElement>): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  }
  return (
    <a {...rest} href={to} onClick={follow}>
      {children}
    </a>
  );
}
