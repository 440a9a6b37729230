import { readBack } from '@countersign/core';
import { observeServerTime } from './server-clock.ts';

/** What the server refused, as one line that says what to do next; `code` is stable. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
  }
}

/** Calls `/console/api<path>`; throws `Problem` on every failure, also when there is no answer. */
export async function call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(`/console/api${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Problem(
      0,
      'unreachable',
      'Countersign does not answer. Check that it is running, then try again.',
    );
  }
  observeServerTime(response.headers.get('date'), sentAt, Date.now());
  const text = await response.text().catch(() => '');
  if (!response.ok) throw problemOf(response, text);
  return (text === '' ? {} : parse(text)) as T;
}

function parse(text: string): unknown {
  try {
    return readBack(text);
  } catch {
    throw new Problem(0, 'unreadable', 'The answer was not readable. Reload the page and try again.');
  }
}

function problemOf(response: Response, text: string): Problem {
  let members: { detail?: unknown; title?: unknown; code?: unknown } = {};
  try {
    members = readBack(text) as typeof members;
  } catch {
    // Not a problem document: a proxy in between answered. The status alone has to do.
  }
  const line = [members.detail, members.title].find((each) => typeof each === 'string' && each !== '');
  return new Problem(
    response.status,
    typeof members.code === 'string' ? members.code : 'http',
    typeof line === 'string' ? sentence(line) : fallback(response.status),
  );
}

function sentence(line: string): string {
  const first = line.charAt(0).toUpperCase() + line.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function fallback(status: number): string {
  if (status === 401) return 'You are signed out. Sign in again.';
  if (status === 403) return 'You may not do this. Ask a member of the approver group.';
  if (status === 404) return 'There is nothing here. Go back to the inbox.';
  return `The server answered ${status}. Try again in a moment.`;
}
