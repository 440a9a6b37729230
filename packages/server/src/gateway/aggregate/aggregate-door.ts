import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { badMessage, errorMessage, outcomeUnknownMessage } from '../answers.ts';
import type { McpRequest } from '../conversation.ts';
import { endWithCredential } from '../credential-end.ts';
import { refuse } from '../http-refusal.ts';
import type { Identified } from '../identified.ts';
import { toolsChanged, type ToolsChanged } from '../lists/tools-changed.ts';
import { isObject, MODERN, type ClientMessage } from '../message.ts';
import { Reply } from '../reply.ts';
import { standingOf } from '../standing.ts';
import { SESSION } from '../upstream.ts';
import { UpstreamDoor } from '../upstream-door.ts';
import { onTheWayTo } from './answer-to.ts';
import { introduction } from './introduction.ts';
import { LISTS, oneList, pageOf, resultOf } from './lists.ts';
import { MappedReply } from './mapped-reply.ts';
import { PartReply } from './part-reply.ts';
import { askPart, towards, type Answered, type Incoming } from './parts.ts';
import { routeOf } from './route.ts';
import { messageEdits, NO_REQUESTS } from './said.ts';
import { AggregateSession, type Part } from './session.ts';
import { AggregateSessions } from './sessions.ts';
import { hearsWarnings, subscribe } from './subscription.ts';

/**
 * The aggregate address: every upstream behind one. It is a router and enforces nothing: whatever it passes on goes through
 * the door of its upstream, in that upstream's own words, so that nothing is decided in a second place or way.
 */
export class AggregateDoor {
  readonly #doors: ReadonlyMap<string, UpstreamDoor>;
  readonly #sessions: AggregateSessions;
  readonly #changes: ToolsChanged;

  constructor(doors: ReadonlyMap<string, UpstreamDoor>, changes: ToolsChanged) {
    this.#doors = doors;
    this.#changes = changes;
    this.#sessions = new AggregateSessions(doors);
  }

  /** As `UpstreamDoor.handle`. */
  async handle(caller: Identified, http: IncomingMessage, response: ServerResponse): Promise<void> {
    const accepts = http.headers.accept ?? '*/*';
    const reply = new Reply(response, /text\/event-stream|text\/\*|\*\/\*/.test(accepts));
    const incoming = { caller, http };
    switch (http.method) {
      case 'POST': {
        const message = await UpstreamDoor.posted(caller, http, reply);
        return message === undefined ? undefined : await this.#message(incoming, message, reply);
      }
      case 'GET':
      case 'DELETE':
        return await this.#session(incoming, reply);
      default:
        response.setHeader('allow', 'POST, GET, DELETE');
        return refuse(response, 405, 'method_not_allowed', 'send POST');
    }
  }

  async #session(incoming: Incoming, reply: Reply): Promise<void> {
    const { caller, http } = incoming;
    if (http.headers['mcp-protocol-version'] === MODERN) return reply.empty(405, { allow: 'POST' });
    if (!caller.active) return refuse(reply.raw, 403, 'agent_inactive', 'this agent is suspended');
    const id = http.headers[SESSION];
    const session = typeof id === 'string' ? this.#sessions.find(standingOf(caller), id) : undefined;
    if (session === undefined) return reply.empty(id === undefined ? 400 : 404);
    if (http.method === 'GET') return await this.#listen(session, incoming, reply);
    await this.#sessions.end(session, incoming);
    reply.empty(200);
  }

  async #message(incoming: Incoming, message: ClientMessage, reply: Reply): Promise<void> {
    const { caller, http } = incoming;
    if (message.kind === 'request' && message.era === 'modern')
      return await this.#requested(incoming, message, reply, undefined);
    const named = http.headers[SESSION];
    if (named === undefined && message.kind === 'request' && message.method === 'initialize')
      return await this.#initialize(incoming, message, reply);
    const session = typeof named === 'string' ? this.#sessions.find(standingOf(caller), named) : undefined;
    if (session === undefined) {
      const [status, code, text] =
        named === undefined
          ? ([400, 'no_session', 'send initialize first, then Mcp-Session-Id with every message'] as const)
          : ([404, 'unknown_session', 'no such session: send initialize again'] as const);
      const id = message.kind === 'request' ? message.id : null;
      return reply.finish(errorMessage(id, -32600, text, { code }), status);
    }
    if (message.kind === 'request') return await this.#requested(incoming, message, reply, session);
    if (message.kind === 'response') await this.#answered(session, incoming, message);
    else await this.#notified(session, incoming, message);
    reply.empty(202);
  }

  async #requested(
    incoming: Incoming,
    request: McpRequest,
    reply: Reply,
    session: AggregateSession | undefined,
  ): Promise<void> {
    const { id, method } = request;
    if (method === 'ping') return reply.finish({ jsonrpc: '2.0', id, result: {} });
    if (LISTS.has(method)) return await this.#list(incoming, request, reply, session);
    if (method === 'server/discover') return await this.#discover(incoming, request, reply);
    if (method === 'subscriptions/listen')
      return await subscribe(this.#doors, this.#changes, incoming, request, reply);
    if (method === 'logging/setLevel' && session !== undefined)
      return await this.#setLevel(session, incoming, request, reply);
    const route = routeOf(request, (name) => this.#doors.has(name));
    switch (route.kind) {
      case 'nowhere':
        return reply.finish(route.answer);
      case 'ours': {
        // Tasks of ours are their agent's, whatever they call.
        const [first = ''] = session?.parts.keys() ?? this.#doors.keys();
        return await this.#pass(first, incoming, request, reply, session);
      }
      case 'one':
        return await this.#pass(route.upstream, incoming, route.request, reply, session);
    }
  }

  /** Passes a request on to one upstream's door; its answer streams as it comes. */
  async #pass(
    upstream: string,
    incoming: Incoming,
    request: McpRequest,
    reply: Reply,
    session: AggregateSession | undefined,
  ): Promise<void> {
    const door = this.#doors.get(upstream);
    const part = await this.#partOf(session, upstream, incoming);
    if (door === undefined || part === 'away') {
      const text = `the mcp server \`${upstream}\` cannot be reached: nothing was sent to it`;
      return reply.finish(errorMessage(request.id, -32603, text, { code: 'upstream_unavailable' }));
    }
    const { id, method, era } = request;
    session?.passed(id, upstream);
    const changed = new MappedReply(reply, {
      message(message) {
        const own = onTheWayTo(id, message);
        if (own === undefined || session === undefined)
          return own && messageEdits(own, upstream, NO_REQUESTS);
        return session.said(upstream, own);
      },
      unanswered: () => outcomeUnknownMessage(id, method, era),
      place: (place) => `${upstream}.${place}`,
      ...(session === undefined ? {} : { lost: () => lostPart(session, upstream, request) }),
    });
    await door.message(incoming.caller, towards(incoming.http, part), request, changed);
  }

  async #list(
    incoming: Incoming,
    request: McpRequest,
    reply: Reply,
    session: AggregateSession | undefined,
  ): Promise<void> {
    let page: ReadonlyMap<string, McpRequest>;
    try {
      page = pageOf(request, [...this.#doors.keys()]);
    } catch (error) {
      return reply.finish(badMessage(error));
    }
    const answers = await this.#askAll([...page], incoming, reply, session);
    const away = awayIn(answers);
    const parts = answers.flatMap(({ upstream, bytes, value }) =>
      bytes !== undefined && isObject(value['result']) ? [{ upstream, answer: bytes }] : [],
    );
    if (parts.length > 0) tellAway(request, reply, away);
    reply.finish(parts.length > 0 ? oneList(request, parts, away) : noneOf(request, answers));
    await allEnded(answers);
  }

  async #discover(incoming: Incoming, request: McpRequest, reply: Reply): Promise<void> {
    const all = [...this.#doors.keys()].map((name) => [name, request] as const);
    const answers = await this.#askAll(all, incoming, reply, undefined);
    const parts = introduced(answers);
    const away = awayIn(answers);
    if (parts.length > 0) tellAway(request, reply, away);
    reply.finish(parts.length > 0 ? introduction(request, parts, away) : noneOf(request, answers));
    await allEnded(answers);
  }

  async #initialize(incoming: Incoming, request: McpRequest, reply: Reply): Promise<void> {
    const session = new AggregateSession(standingOf(incoming.caller), request);
    const answers = await Promise.all(
      [...this.#doors.keys()].map(async (upstream) => ({
        upstream,
        ...((await this.#sessions.open(session, upstream, incoming)) ?? AWAY),
      })),
    );
    const parts = introduced(answers);
    if (parts.length > 0) {
      this.#sessions.keep(session, incoming);
      reply.header(SESSION, session.id);
    }
    reply.finish(parts.length > 0 ? introduction(request, parts, awayIn(answers)) : noneOf(request, answers));
    await allEnded(answers);
  }

  async #setLevel(
    session: AggregateSession,
    incoming: Incoming,
    request: McpRequest,
    reply: Reply,
  ): Promise<void> {
    session.level = request;
    const all = [...session.parts.keys()].map((name) => [name, request] as const);
    const answers = await this.#askAll(all, incoming, reply, session);
    // One that cannot log has nothing to set; one that may not be told so is an answer.
    const refused = answers.find(
      ({ value }) => isObject(value['error']) && value['error']['code'] !== -32601,
    );
    reply.finish(refused === undefined ? { jsonrpc: '2.0', id: request.id, result: {} } : refused.value);
  }

  async #askAll(
    requests: readonly (readonly [upstream: string, request: McpRequest])[],
    incoming: Incoming,
    reply: Reply,
    session: AggregateSession | undefined,
  ): Promise<(Answered & { readonly upstream: string })[]> {
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    return await Promise.all(
      requests.map(async ([upstream, request]) => {
        const ask = async (): Promise<Answered> => {
          const door = this.#doors.get(upstream);
          const part = await this.#partOf(session, upstream, incoming);
          if (door === undefined || part === 'away') return AWAY;
          const there = { caller: incoming.caller, http: towards(incoming.http, part) };
          return await askPart(door, there, request, {
            gone: left.signal,
            ...(session === undefined
              ? {}
              : { said: (message) => reply.event(session.said(upstream, message)) }),
          });
        };
        const first = await ask();
        if (!first.lost || session?.parts.delete(upstream) !== true) return { upstream, ...first };
        return { upstream, ...(await ask()) };
      }),
    );
  }

  async #partOf(
    session: AggregateSession | undefined,
    upstream: string,
    incoming: Incoming,
  ): Promise<Part | undefined | 'away'> {
    if (session === undefined) return undefined;
    return (await this.#sessions.part(session, upstream, incoming)) ?? 'away';
  }

  /** Hears every upstream on the client's own stream; one that a place in it names goes on from there. */
  async #listen(session: AggregateSession, incoming: Incoming, reply: Reply): Promise<void> {
    if (!reply.stream()) return reply.empty(406);
    const { caller, http } = incoming;
    endWithCredential(caller, reply, () => reply.end());
    const place = /^([a-z0-9-]+)\.([^]*)$/.exec(String(http.headers['last-event-id'] ?? ''));
    const hear = (upstream: string, part: Part): void => {
      const heard = new PartReply((message) => {
        const told = session.heard(upstream, message);
        if (told !== undefined) reply.event(told);
      }, true);
      reply.raw.once('close', () => heard.leave());
      const there = towards(http, part);
      if (place?.[1] === upstream && place[2] !== undefined) there.headers['last-event-id'] = place[2];
      const hearing = this.#doors.get(upstream)?.session(caller, there, heard);
      void hearing?.catch(() => heard.leave());
    };
    for (const [upstream, part] of session.parts) hear(upstream, part);
    session.hear = hear;
    this.#changes.add(reply, () => {
      const tells = [...session.parts.keys()].some((name) => this.#doors.get(name)?.tellsOfTools === true);
      if (tells) reply.event(toolsChanged());
    });
    if (!reply.closed) await new Promise((left) => reply.raw.once('close', left));
    if (session.hear === hear) session.hear = undefined;
  }

  async #answered(
    session: AggregateSession,
    incoming: Incoming,
    message: ClientMessage & { kind: 'response' },
  ): Promise<void> {
    const asked = session.take(message.id);
    const door = this.#doors.get(asked?.upstream ?? '');
    const part = session.parts.get(asked?.upstream ?? '');
    if (asked === undefined || door === undefined || part === undefined) return;
    const own: ClientMessage = { ...message, id: asked.id, value: { ...message.value, id: asked.id } };
    const there = { caller: incoming.caller, http: towards(incoming.http, part) };
    await askPart(door, there, own);
  }

  async #notified(
    session: AggregateSession,
    incoming: Incoming,
    message: ClientMessage & { kind: 'notification' },
  ): Promise<void> {
    if (message.method === 'notifications/initialized') session.initialized = message;
    const tell = async (upstream: string, own: ClientMessage): Promise<void> => {
      const door = this.#doors.get(upstream);
      const part = session.parts.get(upstream);
      if (door === undefined || part === undefined) return;
      const there = { caller: incoming.caller, http: towards(incoming.http, part) };
      await askPart(door, there, own);
    };
    if (message.method !== 'notifications/progress') {
      // A request is cancelled where it is under way; elsewhere its id is nobody's.
      await Promise.all([...session.parts.keys()].map(async (upstream) => await tell(upstream, message)));
      return;
    }
    const asked = session.progressOf(message.params);
    if (asked?.progressToken === undefined) return;
    const params: JsonObject = { ...message.params, progressToken: asked.progressToken };
    await tell(asked.upstream, { ...message, params, value: { ...message.value, params } });
  }
}

const AWAY: Answered = {
  bytes: undefined,
  value: {},
  away: true,
  session: undefined,
  lost: false,
  ended: Promise.resolve(),
};

/** The client's session is not over because one upstream's is: the next request opens that one again. */
function lostPart(session: AggregateSession, upstream: string, { id }: McpRequest): JsonObject {
  session.parts.delete(upstream);
  const text = `the mcp server \`${upstream}\` was restarted and did not act on this: send it again`;
  return errorMessage(id, -32603, text, { code: 'upstream_restarted' });
}

function introduced(answers: readonly (Answered & { readonly upstream: string })[]) {
  return answers.flatMap(({ upstream, bytes, value }) =>
    bytes !== undefined && isObject(value['result']) ? [{ upstream, result: resultOf(bytes) }] : [],
  );
}

/** A caller whose upstreams hang has not made room for another call by being answered without them. */
async function allEnded(answers: readonly Answered[]): Promise<void> {
  await Promise.all(answers.map(({ ended }) => ended));
}

function awayIn(answers: readonly (Answered & { readonly upstream: string })[]): string[] {
  return answers.filter((each) => each.away).map(({ upstream }) => upstream);
}

/** Where no upstream has a part: what the first that said anything said. */
function noneOf({ id }: McpRequest, answers: readonly Answered[]): JsonObject {
  const said = answers.find(({ value }) => isObject(value['error']))?.value;
  return said ?? errorMessage(id, -32603, 'no mcp server can be reached', { code: 'upstream_unavailable' });
}

function tellAway(request: McpRequest, reply: Reply, away: readonly string[]): void {
  if (away.length === 0 || !hearsWarnings(request)) return;
  const data = `cannot be reached, so what they have is missing: ${away.join(', ')}`;
  reply.event({
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { level: 'warning', logger: 'countersign', data },
  });
}
