import type { IncomingHttpHeaders } from 'node:http';
import type { Pool } from 'undici';
import type { CredentialHeaders, UpstreamCredential } from './credential/port.ts';
import { agentIn } from './standing.ts';
import { UpstreamAway } from './upstream-away.ts';
import { openPool } from './upstream-pool.ts';
import { SESSION } from './upstream.ts';
import { dispatch, type WireAnswer } from './wire-answer.ts';

/** What of the caller's headers an upstream may see. Never its credential: no token pass-through (MCP 2026-07-28). */
const FORWARDED = /^(?:mcp-protocol-version|last-event-id|traceparent|tracestate)$/;
/** What of an upstream's headers the caller sees. A challenge asks for credentials that are ours alone, so it is none of them. */
const RETURNED = [
  'content-type',
  SESSION,
  'cache-control',
  'retry-after',
  'x-accel-buffering',
  'content-length',
];

export interface WireRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** Another than that of the upstream's URL, with its query. */
  readonly path?: string;
  /** The caller's, of which some go on. */
  readonly headers: IncomingHttpHeaders;
  readonly session: string | undefined;
  readonly body?: string;
  /** What we say in headers ourselves. */
  readonly more?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
}

/** HTTP requests to one upstream, with our own credential. */
export class RemoteWire {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #credential: UpstreamCredential;
  readonly #complain: (text: string) => void;
  /** Whether the operator has not been told already that we are not let in. */
  #letIn = true;

  constructor(
    config: { readonly url: string },
    credential: UpstreamCredential,
    complain: (text: string) => void,
  ) {
    const url = new URL(config.url);
    this.#pool = openPool(url.origin, complain);
    this.#path = url.pathname + url.search;
    this.#credential = credential;
    this.#complain = complain;
  }

  /**
   * One request, and once more with a fresh credential where the upstream refuses ours. Sending it again is no second execution:
   * 401 says that the request "has not been applied" (RFC 9110 §15.5.2); it is under the same claim as before. A refusal goes no
   * further: the agent has no credential of this upstream, and must not be led to bring one. Rejects with `UpstreamAway`.
   */
  async request(caller: string, request: WireRequest): Promise<WireAnswer> {
    // Our credential is the agent's, whomever it calls for.
    const agentId = agentIn(caller);
    for (let again = true; ; again = false) {
      const own = await this.#credential.headers(agentId);
      const answer = await this.#send(request, own);
      if (answer.statusCode !== 401) {
        this.#letIn = true;
        return answer;
      }
      await answer.body.dump();
      if (again && this.#credential.rejected(agentId, own)) continue;
      if (this.#letIn) this.#complain('the mcp server refuses our credential: give it another in the config');
      this.#letIn = false;
      throw new UpstreamAway('it refuses our credential, which an operator has to mend');
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #send(
    { method, path = this.#path, headers, session, body, more, signal }: WireRequest,
    own: CredentialHeaders,
  ): Promise<WireAnswer> {
    const out: Record<string, string> = {
      accept: 'application/json, text/event-stream',
      'accept-encoding': 'identity',
    };
    for (const [name, value] of Object.entries(headers)) {
      if (FORWARDED.test(name) && typeof value === 'string') out[name] = value;
    }
    if (session !== undefined) out[SESSION] = session;
    if (body !== undefined) out['content-type'] = 'application/json';
    return dispatch(this.#pool, {
      method,
      path,
      headers: { ...out, ...more, ...own },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** The headers of an answer that its caller may see; its length only where it is passed on whole. */
export function returned(headers: WireAnswer['headers'], whole = true): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of RETURNED) {
    const value = headers[name];
    if (typeof value === 'string' && (whole || name !== 'content-length')) out[name] = value;
  }
  return out;
}
