let secret = take();

/** The secret of the link that opened this page. It lives in this variable only: a reload forgets it. */
export function enrolSecret(): string | undefined {
  return secret;
}

/** Reads the secret again, for a link that was opened over an enrolment page that is already there. */
export function retakeSecret(): void {
  secret = take() ?? secret;
}

/** Fragments never reach a server, but they stay in the address bar, the history and screen shares: so out with it. */
function take(): string | undefined {
  if (typeof location === 'undefined' || location.pathname.replace(/\/+$/, '') !== '/enrol') return undefined;
  const fragment = location.hash.slice(1);
  if (fragment === '') return undefined;
  history.replaceState(null, '', location.pathname);
  return fragment;
}
