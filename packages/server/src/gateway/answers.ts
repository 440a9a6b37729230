import { JsonError, type DenialReason, type JsonObject, type RequestStatus } from '@countersign/core';
import { isObject, MessageError, metaOf, type Era, type MessageId } from './message.ts';
import type { UpstreamAway } from './upstream-away.ts';

/** What an agent is told instead of a result. Every text says that the tool did not run, and what to do next. */
export type NotRun =
  | { readonly kind: 'pending'; readonly request_id: string; readonly who: string }
  | { readonly kind: 'declined'; readonly request_id: string }
  | {
      readonly kind: 'ended';
      readonly request_id: string;
      readonly status: Exclude<RequestStatus, 'pending' | 'approved'>;
    }
  | {
      readonly kind: 'refused';
      readonly reason: DenialReason;
      readonly words: string;
      /** Whether making the call again would change nothing. */
      readonly terminal: boolean;
      readonly retry_after?: number;
    }
  | { readonly kind: 'already_run' }
  | { readonly kind: 'definition_changed' }
  /** What it asks cannot be told any more: `why` says what is wrong with its mapping. */
  | { readonly kind: 'unmappable'; readonly why: string }
  | { readonly kind: 'world_moved' }
  | { readonly kind: 'unlisted' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unavailable' }
  /** Its server is; `retry_after` in seconds. */
  | { readonly kind: 'upstream_away'; readonly why: string; readonly retry_after: number };

/** The key of our own member in a result's `_meta`. */
export const CONSENT_META = 'io.countersign/consent';

/** COAZ-MCP §"Authorization Denial": "MUST return … -32001"; that MCP would have newer codes leave the range alone is a SHOULD. */
export const NOT_PERMITTED = -32001;
/** COAZ-MCP §"PDP Communication Errors": this one is never a tool result, as a denial may be. */
const UNAVAILABLE = -32603;

const RETRY_AFTER_SECONDS = 15;

interface Told {
  readonly text: string;
  readonly consent: JsonObject;
}

/** The answer to a request that was not run: a tool result where a tool was denied, an error for everything else. */
export function notRunMessage(id: MessageId, method: string, era: Era, why: NotRun): JsonObject {
  const unavailable = why.kind === 'unavailable' || why.kind === 'upstream_away';
  if (method === 'tools/call' && !unavailable) return { jsonrpc: '2.0', id, result: notRunResult(era, why) };
  const { text, consent } = tell(why);
  const code = unavailable ? UNAVAILABLE : NOT_PERMITTED;
  return {
    jsonrpc: '2.0',
    id,
    error: { code, message: `NOT RUN. ${text}`, data: { [CONSENT_META]: consent } },
  };
}

/** What a tool that was not run answers. */
function notRunResult(era: Era, why: NotRun): JsonObject {
  const { text, consent } = tell(why);
  return failedResult(era, `The tool was not run. ${text}`, consent);
}

/** What a tool answers whose server ended first. */
export function outcomeUnknownResult(era: Era): JsonObject {
  return failedResult(era, OUTCOME_UNKNOWN, { status: 'outcome-unknown' });
}

function failedResult(era: Era, text: string, consent: JsonObject): JsonObject {
  return {
    ...(era === 'modern' ? { resultType: 'complete' } : {}),
    isError: true,
    content: [{ type: 'text', text }],
    _meta: { [CONSENT_META]: consent },
  };
}

const OUTCOME_UNKNOWN =
  'The server gave no answer, because it ended or took longer than it may, so it is unknown whether this ran. It is not repeated: look before you call again.';

/** The answer to a call that was forwarded and never answered: it may or may not have run. */
export function outcomeUnknownMessage(id: MessageId, method: string, era: Era): JsonObject {
  if (method === 'tools/call') return { jsonrpc: '2.0', id, result: outcomeUnknownResult(era) };
  const data = { [CONSENT_META]: { status: 'outcome-unknown' } };
  return { jsonrpc: '2.0', id, error: { code: -32603, message: OUTCOME_UNKNOWN, data } };
}

/** The answer to a request that was not sent because its server is away. */
export function awayMessage(id: MessageId, method: string, era: Era, away: UpstreamAway): JsonObject {
  return notRunMessage(id, method, era, awayReason(away));
}

/** What an answer of ours says of a consent, or why there is none; undefined where it says nothing of it. */
export function consentIn({ result, error }: JsonObject): JsonObject | undefined {
  const data = isObject(error) ? error['data'] : undefined;
  const told = isObject(result) ? metaOf(result) : isObject(data) ? data : {};
  const consent = told[CONSENT_META];
  return isObject(consent) ? consent : undefined;
}

export function awayReason({ message, retryAfter }: UpstreamAway): NotRun {
  return { kind: 'upstream_away', why: message, retry_after: retryAfter };
}

export function errorMessage(
  id: MessageId | null,
  code: number,
  message: string,
  data?: JsonObject,
): JsonObject {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** The answer to a retry that we did not ask for, or not any more. */
export function spentState(id: MessageId): JsonObject {
  const text =
    'not run: this requestState is unknown, late, used or of another call; make the call again without it if it is still needed';
  return errorMessage(id, -32602, text, { code: 'spent_request_state' });
}

/** The answer to what could not be read as a message; shared by every door. */
export function badMessage(error: unknown): JsonObject {
  if (error instanceof MessageError) {
    return errorMessage(error.id, error.rpcCode, error.message, { code: error.code, ...error.data });
  }
  if (error instanceof JsonError) return errorMessage(null, -32700, error.message, { code: error.code });
  return errorMessage(null, -32603, 'the message could not be read', { code: 'internal' });
}

function tell(why: NotRun): Told {
  switch (why.kind) {
    case 'pending':
      return {
        text: `It needs the consent of a person (${why.who}), who has been asked and has not answered yet. Make the same call again in about ${RETRY_AFTER_SECONDS} seconds, with exactly the same arguments: once approved, it runs, one time. Do not change the arguments; that would be another request.`,
        consent: { request_id: why.request_id, status: 'pending', retry_after: RETRY_AFTER_SECONDS },
      };
    case 'declined':
      return {
        text: 'The request for consent was declined here, and is withdrawn. Do not make this call again unless you are told to.',
        consent: { request_id: why.request_id, status: 'cancelled' },
      };
    case 'ended':
      return { text: ENDED[why.status], consent: { request_id: why.request_id, status: why.status } };
    case 'refused':
      return {
        text: `${sentence(why.words)} ${why.reason === 'recently_denied' ? 'Do not ask for it again; do something else.' : 'Do something else, or ask your operator.'}`,
        consent: {
          status: why.reason === 'recently_denied' ? 'denied' : why.reason,
          ...(why.retry_after === undefined ? {} : { retry_after: why.retry_after }),
        },
      };
    case 'already_run':
      return {
        text: 'An identical call used this approval and ran already. To run it once more, make the call again: a person will be asked again.',
        consent: { status: 'already_run' },
      };
    case 'definition_changed':
      return {
        text: 'The tool changed after a person was asked about it, so that consent does not cover it. List the tools again, then call it if it is still what you want.',
        consent: { status: 'definition_changed' },
      };
    case 'unmappable':
      return {
        text: `What it asks for could not be told when it was about to run (${why.why}), so no consent covers it. Make the call again if it is still needed.`,
        consent: { status: 'unmappable' },
      };
    case 'world_moved':
      return {
        text: 'What it would change keeps changing while people look at it, so that no consent covers it. Look at it again before you make the call again.',
        consent: { status: 'world_moved' },
      };
    case 'unlisted':
      return {
        text: 'The server lists no tool of that name. List the tools to see which there are.',
        consent: { status: 'unlisted' },
      };
    case 'gone':
      return { text: 'You had cancelled it.', consent: { status: 'gone' } };
    case 'unavailable':
      return {
        text: 'The authority that decides cannot be reached, and without it nothing is allowed. Try again in a while.',
        consent: { status: 'unavailable', retry_after: 30 },
      };
    case 'upstream_away':
      return {
        text: `The MCP server is away: ${why.why}. Make the call again in about ${why.retry_after === 1 ? 'a second' : `${why.retry_after} seconds`}.`,
        consent: { status: 'upstream_unavailable', retry_after: why.retry_after },
      };
  }
}

const ENDED: Record<Exclude<RequestStatus, 'pending' | 'approved'>, string> = {
  denied: 'A person looked at it and denied it. Do not make this call again; do something else.',
  expired:
    'Nobody answered in time, so the request has expired; nobody denied it. Make the call again if it is still needed.',
  cancelled: 'The request was withdrawn. Make the call again if it is still needed.',
  failed: 'The request could not be completed. Make the call again if it is still needed.',
};

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
