import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ConsentPort, DelegationParty } from '@countersign/core';
import { AggregateDoor } from './aggregate/aggregate-door.ts';
import type { UpstreamConfig } from '../config/config.ts';
import { DEFAULT_LIMITS, type Limits } from '../config/limits.ts';
import { Admission, type Load } from './admission.ts';
import { openCredential, type AgentAssertion } from './credential/open-credential.ts';
import type { Identified } from './identified.ts';
import { ErasUpstream } from './eras/eras-upstream.ts';
import { refuse, refuseCaller, type Refusal } from './http-refusal.ts';
import { ToolsChanged } from './lists/tools-changed.ts';
import { LocalUpstream, type Hear } from './local-upstream.ts';
import { OpenResponses } from './open-responses.ts';
import { ParkedCalls } from './pending/parked-calls.ts';
import { Retries } from './pending/retries.ts';
import type { ParkedCallStore } from './port.ts';
import { RemoteUpstream } from './remote-upstream.ts';
import { RemoteWire } from './remote-wire.ts';
import { SseServers } from './sse-server.ts';
import { UpstreamDoor } from './upstream-door.ts';
import { TimeLimit } from './time-limit.ts';
import type { HttpUpstream } from './upstream.ts';

/** How long parked calls that run may still be answered when we stop. */
const LAST_ANSWERS_MS = 1000;
/** What a caller called at: an upstream's address, or without a name the aggregate one. */
export type Address = Pick<UpstreamConfig, 'anonymous_agent'> & { readonly name?: string };

export interface HttpGatewayOptions {
  /** Where calls that wait for people are kept. */
  readonly store: ParkedCallStore;
  /** An agent's way to the authority, for a call that runs on without its caller, on behalf of whom it was made for. */
  readonly port: (agentId: string, delegation?: DelegationParty) => Promise<ConsentPort | undefined>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly upstreams: readonly UpstreamConfig[];
  /** The authority's id, which vouches for agents. */
  readonly issuer: string;
  readonly holdMs: number;
  /** Those of the config without one. */
  readonly limits?: Limits;
  /** Vouches for an agent towards the authorization server of an upstream that exchanges tokens. */
  readonly assertion?: AgentAssertion;
  /** The agent whose key or token the headers carry, or who stands for a caller without one at this address. */
  readonly identify: (
    headers: IncomingHttpHeaders,
    at: Address,
    request: Pick<IncomingMessage, 'method' | 'url'>,
  ) => Promise<Identified | Refusal | undefined>;
  /** Says what went wrong, without bodies, tokens or arguments. */
  readonly complain: (upstream: string, text: string) => void;
  /** Hears the standard error of a server that we started. */
  readonly overheard: (upstream: string, text: string) => void;
}

export interface HttpGateway {
  /** Takes up the calls that an earlier process left waiting; resolves with how many there were. */
  start(): Promise<number>;
  /** People have answered, or their time is up. */
  requestEnded(request: string): void;
  /** An agent was suspended: what it waits for and listens to ends now, and its next request finds out by itself. */
  agentSuspended(agentId: string): void;
  /** Policies, catalog or entities are others now: whoever listens is told that its tools may be, too. */
  policiesChanged(): void;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Answers every held call now: it may be made again when we are back. */
  drain(): void;
  /** What of all agents is under way. */
  readonly underWay: Load;
  /** Ends the servers that we started. */
  close(): Promise<void>;
}

/**
 * The HTTP door: `/mcp/<upstream>` for each upstream of the config and `/mcp` for all, in both eras of Streamable HTTP. Throws
 * `ConfigError`.
 */
export function createHttpGateway(options: HttpGatewayOptions): HttpGateway {
  const draining = new AbortController();
  const { limits = DEFAULT_LIMITS, clock } = options;
  const admission = new Admission({ limits, clock, complain: (text) => options.complain('', text) });
  const upstreams = new Map(options.upstreams.map((config) => [config.name, opened(config, options)]));
  const parked = new ParkedCalls({ ...options, upstream: (name) => upstreams.get(name)?.upstream });
  const keeping = { parked, retries: new Retries(options.store, options.clock) };
  const changes = new ToolsChanged();
  const doors = new Map(
    [...upstreams].map(([name, upstream]) => [
      name,
      new UpstreamDoor({ ...options, ...upstream, keeping, changes, draining: draining.signal }),
    ]),
  );
  const aggregate = new AggregateDoor(doors, changes);
  const open = new OpenResponses();
  return {
    start: () => parked.start(),
    requestEnded: (request) => parked.requestEnded(request),
    agentSuspended: (agentId) => open.cutOff(agentId),
    policiesChanged: () => changes.changed(),
    async handle(request, response) {
      const path = /^\/mcp(?:\/([a-z0-9-]+))?\/?(?:\?.*)?$/.exec(request.url ?? '');
      const name = path?.[1];
      const door = name === undefined ? path && aggregate : doors.get(name);
      const at = name === undefined ? everywhere(options.upstreams) : upstreams.get(name)?.config;
      if (!door || at === undefined)
        return refuse(response, 404, 'not_found', 'no such upstream: see the config');
      try {
        const caller = await options.identify(request.headers, at, request);
        if (caller === undefined) {
          response.setHeader('www-authenticate', 'Bearer');
          return refuse(response, 401, 'unauthenticated', 'send an agent’s api key as Authorization: Bearer');
        }
        if ('kind' in caller) return refuseCaller(response, caller);
        const handled = admission.admit(caller.agentId, request, response);
        if (handled === undefined) return;
        open.add(caller, response);
        const here = name === undefined ? caller : { ...caller, at: name };
        await door.handle(here, request, response).finally(handled);
      } catch (error) {
        // Who hangs up in the middle of a body is answered nothing, and is not worth a line.
        if (request.destroyed && !request.complete) return;
        options.complain(name ?? 'all', `a request was not handled: ${String(error)}`);
        if (response.headersSent) response.destroy();
        else refuse(response, 502, 'upstream_unavailable', 'the mcp server cannot be reached');
      }
    },
    get underWay() {
      return admission.underWay;
    },
    drain: () => draining.abort(),
    async close() {
      admission.close();
      changes.close();
      const ended = parked.close();
      // A server that does not answer cannot keep us: what it has is of unknown outcome then.
      await Promise.race([ended, new Promise((late) => setTimeout(late, LAST_ANSWERS_MS).unref())]);
      await Promise.all([...upstreams.values()].map(({ upstream }) => upstream.close()));
      await ended;
    },
  };
}

/** Nobody is anonymous at the aggregate address but who is the same at every upstream's own. */
function everywhere(upstreams: readonly UpstreamConfig[]): Address {
  const [first, ...rest] = upstreams.map(({ anonymous_agent }) => anonymous_agent);
  return first !== undefined && rest.every((each) => each === first) ? { anonymous_agent: first } : {};
}

interface Opened {
  readonly config: UpstreamConfig;
  readonly upstream: HttpUpstream;
  readonly complain: (text: string) => void;
}

function opened(config: UpstreamConfig, options: HttpGatewayOptions): Opened {
  const complain = (text: string): void => options.complain(config.name, text);
  const overheard = (text: string): void => options.overheard(config.name, text);
  const upstream = reach(config, options, { complaint: complain, overheard });
  const { era } = config;
  return { config, upstream: era === undefined ? upstream : new ErasUpstream(upstream, era), complain };
}

function reach(config: UpstreamConfig, options: HttpGatewayOptions, hear: Hear): HttpUpstream {
  const { timeout_ms } = config;
  const limit = timeout_ms === undefined ? undefined : new TimeLimit(timeout_ms, hear.complaint);
  if (config.kind === 'stdio') return new LocalUpstream(config, hear, limit);
  const credential = openCredential(config, options.assertion, hear.complaint);
  return config.transport === 'sse'
    ? new LocalUpstream(
        new SseServers(config.url, new RemoteWire(config, credential, hear.complaint)),
        hear,
        limit,
      )
    : new RemoteUpstream(config, credential, hear.complaint, limit);
}
