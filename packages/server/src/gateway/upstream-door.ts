import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '@countersign/core';
import type { UpstreamConfig } from '../config/config.ts';
import { badMessage, errorMessage } from './answers.ts';
import { MAX_BODY_BYTES, readBody } from './body.ts';
import { CallJudge, type Opened } from './call-judge.ts';
import { endSubscription, endWithCredential } from './credential-end.ts';
import type { McpRequest } from './conversation.ts';
import type { Identified } from './identified.ts';
import { refuse, refuseCaller } from './http-refusal.ts';
import { ListeningReply } from './lists/listening-reply.ts';
import { introducedBy, listedTo, toldBy } from './lists/told-by.ts';
import { tellTools, type Telling } from './lists/told-tools.ts';
import {
  agreesToTellOfTools,
  declaresToolChanges,
  toolsChanged,
  type ToolsChanged,
} from './lists/tools-changed.ts';
import { isKnownMethod, isPassThrough } from './mapping.ts';
import { checkHeaders, faultOf, mismatch } from './mcp-headers.ts';
import { isId, MODERN, readMessage, type ClientMessage, type MessageId } from './message.ts';
import { Lookers } from './pending/lookers.ts';
import type { ParkedCalls } from './pending/parked-calls.ts';
import { withoutTask } from './pending/legacy-wire.ts';
import { SessionTasks, type AskedTask } from './pending/session-tasks.ts';
import { answerAboutTasks, isAboutOurTasks, withTasks, type TaskReply } from './pending/tasks.ts';
import type { Keeping } from './pending/waiting.ts';
import { Reply } from './reply.ts';
import { standingOf } from './standing.ts';
import { endUnlessTakenBack } from './unanswered.ts';
import type { HttpUpstream, Link, NoLink, OpenCall } from './upstream.ts';

/** How long a call runs on whose caller has left. */
export const ABANDONED_MS: number = 60 * 60_000;

/** What the door of one upstream needs: the gateway's own options, and what all doors of a gateway share. */
export interface UpstreamDoorOptions {
  /** The authority's id, which vouches for agents. */
  readonly issuer: string;
  readonly holdMs: number;
  readonly config: UpstreamConfig;
  readonly upstream: HttpUpstream;
  readonly keeping: Required<Keeping>;
  readonly changes: ToolsChanged;
  /** Ends every hold: we are about to stop. */
  readonly draining: AbortSignal;
  readonly complain: (text: string) => void;
}

/** The door of one upstream, to callers that are identified. */
export class UpstreamDoor {
  readonly #config: UpstreamConfig;
  readonly #upstream: HttpUpstream;
  readonly #draining: AbortSignal;
  readonly #parked: ParkedCalls;
  readonly #judge: CallJudge;
  readonly #lookers: Lookers;
  readonly #telling: Telling;
  readonly #tasks: SessionTasks;
  readonly #changes: ToolsChanged;
  /** Whether the server says of itself that it tells of changed tools, by the latest session. */
  #declares = false;

  constructor(options: UpstreamDoorOptions) {
    const { config, keeping } = options;
    this.#config = config;
    this.#upstream = options.upstream;
    this.#draining = options.draining;
    this.#parked = keeping.parked;
    this.#changes = options.changes;
    this.#lookers = new Lookers(options.draining);
    this.#telling = { ...options, upstream: config.name };
    const offered = config.when_pending.includes('task');
    this.#tasks = new SessionTasks({ parked: keeping.parked, upstream: config.name, offered });
    this.#judge = new CallJudge({ ...options, upstream: config.name, whenPending: config.when_pending });
  }

  /** Handles one request of an identified caller's; throws where the upstream fails before there is an answer. */
  async handle(caller: Identified, http: IncomingMessage, response: ServerResponse): Promise<void> {
    const accepts = http.headers.accept ?? '*/*';
    const reply = new Reply(response, /text\/event-stream|text\/\*|\*\/\*/.test(accepts));
    switch (http.method) {
      case 'POST':
        return await this.#post(caller, http, reply);
      case 'GET': {
        const stream = new ListeningReply(reply);
        if (this.tellsOfTools) this.#follow(stream);
        return await this.session(caller, http, stream);
      }
      case 'DELETE':
        return await this.session(caller, http, reply);
      default:
        response.setHeader('allow', 'POST, GET, DELETE');
        return refuse(response, 405, 'method_not_allowed', 'send POST');
    }
  }

  close(): Promise<void> {
    return this.#upstream.close();
  }

  /** Whether its tools are listed as each agent may call them. */
  get filters(): boolean {
    return this.#config.tools_list !== 'whole';
  }

  /** Whether sessions of the older era are told that this list has changed: where the server said that it would tell. */
  get tellsOfTools(): boolean {
    return this.filters && this.#declares;
  }

  /** GET and DELETE belong to the sessions of the older era. */
  async session(caller: Identified, http: IncomingMessage, reply: Reply): Promise<void> {
    if (http.headers['mcp-protocol-version'] === MODERN) return reply.empty(405, { allow: 'POST' });
    if (!caller.active) return refuse(reply.raw, 403, 'agent_inactive', 'this agent is suspended');
    const narrow = caller.tooNarrow?.(this.#config.name);
    if (narrow !== undefined) return refuseCaller(reply.raw, narrow);
    const owner = standingOf(caller);
    if (http.method !== 'GET') return await this.#upstream.remove(owner, http, reply);
    endWithCredential(caller, reply, () => reply.end());
    await this.#upstream.get(owner, http, reply);
  }

  async #post(caller: Identified, http: IncomingMessage, reply: Reply): Promise<void> {
    const message = await UpstreamDoor.posted(caller, http, reply);
    if (message !== undefined) await this.message(caller, http, message, this.#listening(message, reply));
  }

  /** A subscription of the newer era hears of changed tools once its server has agreed to tell of them. */
  #listening(message: ClientMessage, reply: Reply): Reply {
    if (message.kind !== 'request' || message.method !== 'subscriptions/listen' || !this.filters)
      return reply;
    const stream = new ListeningReply(reply, (said) => {
      const agrees = agreesToTellOfTools(said);
      if (agrees === true) this.#follow(stream, message.id);
      return agrees !== undefined;
    });
    return stream;
  }

  #follow(stream: ListeningReply, subscription?: MessageId): void {
    this.#changes.add(stream, () => stream.say(toolsChanged(subscription)));
  }

  /** The one message of a POST; undefined where it was answered already: it is none, or none that goes on. */
  static async posted(
    caller: Identified,
    http: IncomingMessage,
    reply: Reply,
  ): Promise<ClientMessage | void> {
    const type = http.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    if (type !== 'application/json') {
      return refuse(reply.raw, 415, 'unsupported_media_type', 'send application/json');
    }
    const body = await readBody(http);
    if (body === undefined)
      return refuse(reply.raw, 413, 'too_large', `the body is longer than ${MAX_BODY_BYTES} bytes`);
    let message: ClientMessage;
    try {
      message = readMessage(body, MAX_BODY_BYTES);
      if (message.kind === 'request') checkHeaders(http.headers, message);
    } catch (error) {
      return reply.finish(badMessage(faultOf(http.headers, error)), 400);
    }
    // A suspended agent's other requests are refused where they are decided on, and recorded; what is not asked about, here.
    const asked = message.kind === 'request' && !isPassThrough(message.method);
    if (!asked && !caller.active) return refuse(reply.raw, 403, 'agent_inactive', 'this agent is suspended');
    if (message.kind === 'request') {
      if (!isKnownMethod(message.method, message.era) && !isPassThrough(message.method)) {
        const unknown = errorMessage(message.id, -32601, 'unknown method', { code: 'unknown_method' });
        return reply.finish(unknown, message.era === 'modern' ? 404 : 200);
      }
    }
    return message;
  }

  /** Whether an upstream's session is still this agent's, on behalf of whom it was opened. */
  knows(caller: Identified, http: IncomingMessage, message: ClientMessage): boolean {
    return typeof this.#upstream.link(standingOf(caller), http, message) !== 'string';
  }

  /** Handles a message that was read; what `http` says besides is its headers. Throws as `handle` does. */
  async message(
    caller: Identified,
    http: IncomingMessage,
    message: ClientMessage,
    reply: Reply,
  ): Promise<void> {
    const narrow = caller.tooNarrow?.(this.#config.name, toolOf(message));
    if (narrow !== undefined) return refuseCaller(reply.raw, narrow);
    // Whatever is met again, a session or a question of the server's, is its agent's on behalf of whom it was begun.
    const link = this.#upstream.link(standingOf(caller), http, message);
    if (typeof link === 'string') {
      const [status, text] = NO_LINK[link];
      const id = message.kind === 'request' ? message.id : null;
      return reply.finish(errorMessage(id, -32600, text, { code: link }), status);
    }
    if (message.kind === 'request') {
      const wrong = await wrongParamHeader(link, message, http.headers);
      if (wrong !== undefined) return reply.finish(badMessage(mismatch(wrong, message.id)), 400);
      return await this.#requested(caller, link, message, reply);
    }
    if (message.kind === 'notification') await notified(link, message);
    else await link.pass(message);
    reply.empty(202);
  }

  async #requested(caller: Identified, link: Link, request: McpRequest, reply: Reply): Promise<void> {
    const { id } = request;
    const opening = await this.#judge.open(caller, request);
    if ('answer' in opening) return reply.finish(opening.answer);
    const opened = { ...opening, ...(await this.#tasks.prepare(caller, opening.request, link)) };
    if ('answer' in opened) return reply.finish(opened.answer);
    if (link.calls.has(id)) {
      const taken = errorMessage(id, -32600, 'this id is in use by a request under way', {
        code: 'id_in_use',
      });
      return reply.finish(taken, 400);
    }
    const { method, era } = request;
    const discovers = method === 'server/discover' && this.#config.when_pending.includes('task');
    const amend = discovers ? withTasks : this.#tasks.amend(request, link);
    const call: OpenCall = {
      request: opened.request,
      hold: new AbortController(),
      forwarded: false,
      ...(method === 'initialize'
        ? introducedBy(amend, (answer) => this.#introduced(answer))
        : toldBy(amend, method === 'tools/list' ? this.#tells(caller, link, opened.request) : undefined)),
    };
    link.calls.set(id, call);
    // Who leaves while we hold gives the call up; one that was sent is cancelled by it in the newer era alone.
    let abandoned: NodeJS.Timeout | undefined;
    const left = (): void => {
      call.hold.abort();
      if (call.forwarded && era === 'modern' && !reply.done) call.cancel?.({ reason: 'the caller left' });
      // The older era's call goes on without its caller, but not for ever: an upstream that hangs keeps its place.
      abandoned = setTimeout(() => {
        if (call.cancel === undefined) link.drop();
        else call.cancel({ reason: 'the caller left' });
      }, ABANDONED_MS).unref();
    };
    reply.raw.once('close', left);
    if (method === 'subscriptions/listen')
      endWithCredential(caller, reply, () => endSubscription(id, call, reply));
    try {
      if (isPassThrough(method)) await run(link, call, reply);
      else if (isAboutOurTasks(request) && caller.active) await this.#answerAboutTasks(caller, call, reply);
      else await this.#decide(caller, opened, link, call, reply);
    } finally {
      reply.raw.off('close', left);
      clearTimeout(abandoned);
      link.calls.delete(id);
    }
  }

  async #answerAboutTasks(caller: Identified, call: OpenCall, reply: Reply): Promise<void> {
    const { request, hold } = call;
    const asked: TaskReply = {
      finish: (message, status) => endUnlessTakenBack(call, reply, message, status),
      stream: () => reply.stream(),
      event: (message) => reply.event(message),
      left: AbortSignal.any([hold.signal, this.#draining]),
    };
    if (request.era === 'legacy') await this.#tasks.answer(caller, request, asked);
    else await answerAboutTasks(this.#parked, caller, request, asked);
    reply.end();
  }

  async #decide(
    caller: Identified,
    opened: Opened & { readonly task?: AskedTask },
    link: Link,
    call: OpenCall,
    reply: Reply,
  ): Promise<void> {
    const { request, task } = opened;
    // The answer to `initialize` carries the session in its headers, so they cannot leave before it.
    const early = request.method !== 'initialize';
    const judged = await this.#judge.judge(caller, opened, {
      task,
      capabilities: link.capabilities,
      tools: link.tools,
      listTools: (cursor) => link.listTools(request, cursor),
      read: (tool, args) => link.read(request, tool, args),
      present: () => !call.hold.signal.aborted && !reply.closed,
      gone: () => AbortSignal.any([call.hold.signal, this.#draining]),
      canTell: () => early && reply.stream(),
      tell: (notification) => reply.event(notification),
      ...(early && task?.ours !== true ? { onReadPermit: () => link.prefetch(call) } : {}),
    });
    if (judged.kind === 'run' && task?.ours === true)
      return reply.finish(await this.#tasks.begin(caller, request, task, link, judged.claim));
    if (judged.kind === 'run') return await run(link, call, reply, judged.claim);
    link.drop();
    const answer =
      task === undefined ? judged.message : this.#tasks.follow(withoutTask(judged.message), link);
    endUnlessTakenBack(call, reply, answer);
    if (judged.look !== undefined && link.session !== undefined)
      this.#lookers.sent(link.session, caller.port, judged.look, (message) => link.notify(message));
  }

  #tells(caller: Identified, link: Link, request: McpRequest): NonNullable<OpenCall['tell']> {
    const own = this.filters
      ? tellTools(caller, this.#telling, request.era)
      : async (answer: Buffer) => answer;
    return listedTo(link, request, own);
  }

  #introduced(answer: JsonObject): void {
    this.#declares = declaresToolChanges(answer) ?? this.#declares;
  }
}

async function run(
  link: Link,
  call: OpenCall,
  reply: Reply,
  claim?: Parameters<Link['run']>[2],
): Promise<void> {
  call.forwarded = true;
  await link.run(call, reply, claim);
}

function toolOf(message: ClientMessage): string | undefined {
  if (message.kind !== 'request' || message.method !== 'tools/call') return undefined;
  const { name } = message.params;
  return typeof name === 'string' ? name : undefined;
}

/** A header that says another argument than the body. A server that cannot list its tools is met again when it is decided. */
async function wrongParamHeader(
  link: Link,
  request: McpRequest,
  headers: IncomingHttpHeaders,
): Promise<string | undefined> {
  if (request.era !== 'modern' || request.method !== 'tools/call') return undefined;
  const { name, arguments: args } = request.params;
  return await link.tools
    .headerMismatch(name, args, headers, (cursor) => link.listTools(request, cursor))
    .catch(() => undefined);
}

async function notified(link: Link, message: ClientMessage & { kind: 'notification' }): Promise<void> {
  if (!message.method.startsWith('notifications/')) return;
  if (message.method !== 'notifications/cancelled') return await link.pass(message);
  const id = message.params['requestId'];
  const call = isId(id) ? link.calls.get(id) : undefined;
  if (call === undefined) return;
  call.hold.abort();
  if (!call.forwarded) return;
  if (call.cancel === undefined) await link.pass(message);
  else call.cancel(message.params);
}

const NO_LINK: Record<NoLink, readonly [number, string]> = {
  unknown_session: [404, 'no such session: send initialize again'],
  no_session: [400, 'send initialize first, then Mcp-Session-Id with every message'],
  too_many_sessions: [429, 'this agent has too many sessions with work under way'],
};
