import type { IncomingMessage, ServerResponse } from 'node:http';
import { TokenBucket, type JsonObject } from '@countersign/core';
import { BURST_SECONDS, type Limits } from '../config/limits.ts';
import { errorMessage } from './answers.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { RefusalCount } from './refusal-count.ts';
import { OpenTable } from './open-table.ts';

/** Bodies of calls under way: each is in memory until its answer has left. */
export const MAX_BYTES_PER_AGENT: number = 64 * MAX_BODY_BYTES;
export const MAX_BYTES: number = 256 * MAX_BODY_BYTES;
/** What was written to a caller and is not read yet: of one response, of one agent's, of all. */
export const MAX_UNREAD: number = 8 * 1024 * 1024;
export const MAX_UNREAD_PER_AGENT: number = 128 * 1024 * 1024;
export const MAX_UNREAD_OF_ALL: number = 512 * 1024 * 1024;
const SMALL = 64 * 1024;
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
  /** What is under way, with the bytes that each body may take up. */
  readonly calls: OpenTable<ServerResponse, number>;
  bytes: number;
}

/** What is under way: calls, the bytes that their bodies may take up, and those of answers that are not read yet. */
export interface Load {
  readonly calls: number;
  readonly bytes: number;
  readonly unread: number;
}

export interface AdmissionOptions {
  readonly limits: Limits;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Hears at most once a minute how many were refused. */
  readonly complain: (text: string) => void;
}

/** The agents whose responses these are: what is written to one is in memory until it is read. */
const LOADS = new WeakMap<
  ServerResponse,
  { readonly own: AgentLoad; readonly all: ReadonlyMap<string, AgentLoad> }
>();

/**
 * How much of each agent's, and of all agents', is under way at the HTTP door. INVARIANT: what is admitted is given
 * back exactly once: when its response has closed, however that came, and whatever was done for it has ended. A caller
 * that hangs up on an upstream that hangs has not made room for another.
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

  /**
   * What to call once the request has been handled; undefined where it does not go on. Then it has been answered, or
   * nobody is there to be answered.
   */
  admit(agentId: string, request: IncomingMessage, response: ServerResponse): (() => void) | undefined {
    // Who has left already closes nothing any more that would give its place back.
    if (response.closed || response.destroyed) return undefined;
    const load = this.#loadOf(agentId);
    const bytes = bodyBytes(request);
    const refusal = this.#refusalOf(load, bytes);
    if (refusal !== undefined) {
      this.#refused.count(agentId, refusal.code);
      answer(response, refusal);
      return undefined;
    }
    load.calls.set(response, bytes);
    LOADS.set(response, { own: load, all: this.#agents });
    this.#add(load, 1, bytes);
    let open = 2;
    const ended = (): void => {
      if (--open > 0) return;
      load.calls.delete(response);
      this.#add(load, -1, -bytes);
    };
    response.once('close', ended);
    return ended;
  }

  get underWay(): Load {
    let unread = 0;
    for (const load of this.#agents.values()) unread += unreadOf(load);
    return { calls: this.#calls, bytes: this.#bytes, unread };
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
    if (load.calls.size >= calls_per_agent) {
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
    const load = { bucket, calls: new OpenTable<ServerResponse, number>(), bytes: 0 };
    this.#agents.set(agentId, load);
    return load;
  }

  /** Forgetting one whose bucket is full changes nothing. */
  #forgetQuiet(): void {
    const now = this.#clock();
    for (const [agentId, { calls, bucket }] of this.#agents)
      if (calls.size === 0 && bucket.isFull(now)) this.#agents.delete(agentId);
  }
}

/**
 * Whether anything more may be written to a response: not while too much is unread already. The bounds are therefore
 * passed by one message each, and no message is too long for a reader that reads.
 */
export function hasRoom(response: ServerResponse, length: number): boolean {
  const unread = response.writableLength;
  if (unread > MAX_UNREAD) return false;
  const load = LOADS.get(response);
  // Most messages are small, and most readers read.
  if (load === undefined || (unread === 0 && length < SMALL)) return true;
  if (unreadOf(load.own) > MAX_UNREAD_PER_AGENT) return false;
  let all = 0;
  for (const each of load.all.values()) all += unreadOf(each);
  return all <= MAX_UNREAD_OF_ALL;
}

function unreadOf({ calls }: AgentLoad): number {
  let bytes = 0;
  for (const response of calls.keys()) bytes += response.writableLength;
  return bytes;
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
