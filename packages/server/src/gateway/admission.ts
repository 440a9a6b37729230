import type { IncomingMessage, ServerResponse } from 'node:http';
import { TokenBucket, type JsonObject } from '@countersign/core';
import { BURST_SECONDS, type Limits } from '../config/limits.ts';
import { errorMessage } from './answers.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { RefusalCount } from './refusal-count.ts';

/** Bodies of calls under way: each is in memory until its answer has left. */
export const MAX_BYTES_PER_AGENT: number = 64 * MAX_BODY_BYTES;
export const MAX_BYTES: number = 256 * MAX_BODY_BYTES;
/** More agents than this are remembered only while they have calls under way. */
const MAX_REMEMBERED = 10_000;
/** An application's own code; -32768 to -32000 are the protocols' (JSON-RPC 2.0 §5.1). It is the HTTP status. */
const TOO_MANY_REQUESTS = 429;
const BUSY = 503;
const RETRY_SECONDS = 1;

export type AdmissionCode = 'too_many_calls' | 'too_many_bytes' | 'too_fast' | 'busy';

interface Refusal {
  readonly code: AdmissionCode;
  readonly text: string;
  readonly retry_after: number;
}

interface AgentLoad {
  readonly bucket: TokenBucket;
  calls: number;
  bytes: number;
}

export interface AdmissionOptions {
  readonly limits: Limits;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Hears at most once a minute how many were refused. */
  readonly complain: (text: string) => void;
}

/**
 * How much of each agent's, and of all agents', is under way at the HTTP door. INVARIANT: what is admitted is given
 * back exactly once, when its response closes, however that comes.
 */
export class Admission {
  readonly #limits: Limits;
  readonly #clock: () => number;
  readonly #agents = new Map<string, AgentLoad>();
  readonly #refused: RefusalCount;
  #calls = 0;
  #bytes = 0;

  constructor({ limits, clock, complain }: AdmissionOptions) {
    this.#limits = limits;
    this.#clock = clock;
    this.#refused = new RefusalCount(complain);
  }

  /** Whether the request goes on; where not, it has been answered, or nobody is there to be answered. */
  admits(agentId: string, request: IncomingMessage, response: ServerResponse): boolean {
    // Who has left already closes nothing any more that would give its place back.
    if (response.closed || response.destroyed) return false;
    const load = this.#loadOf(agentId);
    const bytes = bodyBytes(request);
    const refusal = this.#refusalOf(load, bytes);
    if (refusal !== undefined) {
      this.#refused.count(agentId, refusal.code);
      answer(response, refusal);
      return false;
    }
    this.#add(load, 1, bytes);
    response.once('close', () => this.#add(load, -1, -bytes));
    return true;
  }

  /** What is under way. */
  get underWay(): { readonly calls: number; readonly bytes: number } {
    return { calls: this.#calls, bytes: this.#bytes };
  }

  close(): void {
    this.#refused.close();
  }

  #refusalOf(load: AgentLoad, bytes: number): Refusal | undefined {
    const wait = load.bucket.take(this.#clock());
    if (wait > 0)
      return {
        code: 'too_fast',
        text: 'this agent calls too fast: wait and try again',
        retry_after: Math.ceil(wait / 1000),
      };
    const { calls_per_agent, calls } = this.#limits;
    if (load.calls >= calls_per_agent) {
      const text = `this agent has ${calls_per_agent} calls under way: wait for one to end, or hang up on one`;
      return { code: 'too_many_calls', text, retry_after: RETRY_SECONDS };
    }
    if (load.bytes + bytes > MAX_BYTES_PER_AGENT) {
      const text = 'the calls that this agent has under way are too long together: wait for one to end';
      return { code: 'too_many_bytes', text, retry_after: RETRY_SECONDS };
    }
    if (this.#calls >= calls || this.#bytes + bytes > MAX_BYTES) {
      return {
        code: 'busy',
        text: 'the gateway has all the calls it takes: try again',
        retry_after: RETRY_SECONDS,
      };
    }
    return undefined;
  }

  #add(load: AgentLoad, calls: number, bytes: number): void {
    load.calls += calls;
    load.bytes += bytes;
    this.#calls += calls;
    this.#bytes += bytes;
  }

  #loadOf(agentId: string): AgentLoad {
    const known = this.#agents.get(agentId);
    if (known !== undefined) return known;
    if (this.#agents.size >= MAX_REMEMBERED) this.#forgetQuiet();
    const perSecond = this.#limits.rate_per_agent;
    const bucket = new TokenBucket({ perSecond, burst: perSecond * BURST_SECONDS }, this.#clock());
    const load = { bucket, calls: 0, bytes: 0 };
    this.#agents.set(agentId, load);
    return load;
  }

  /** Forgetting one whose bucket is full changes nothing. */
  #forgetQuiet(): void {
    const now = this.#clock();
    for (const [agentId, { calls, bucket }] of this.#agents)
      if (calls === 0 && bucket.isFull(now)) this.#agents.delete(agentId);
  }
}

/** What a body may take up: what it says, and all that it may be where it does not say. */
function bodyBytes({ method, headers }: IncomingMessage): number {
  if (method !== 'POST') return 0;
  const declared = headers['content-length'];
  return Math.min(declared === undefined ? MAX_BODY_BYTES : Number(declared), MAX_BODY_BYTES);
}

/** Before the body is read there is no id to answer to. */
function answer(response: ServerResponse, { code, text, retry_after }: Refusal): void {
  const status = code === 'busy' ? BUSY : TOO_MANY_REQUESTS;
  const data: JsonObject = { code, retry_after };
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'retry-after': String(retry_after),
  });
  response.end(JSON.stringify(errorMessage(null, status, text, data)));
}
