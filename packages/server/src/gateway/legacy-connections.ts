import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '@countersign/core';
import { readAnswer } from './body.ts';
import type { ServerLine } from './child-server.ts';
import { valueOf, type Conversation } from './conversation.ts';
import { readEvents } from './event-reader.ts';
import { answerOf } from './kept-answer.ts';
import type { LegacyConnection } from './legacy-session.ts';
import { looseObject } from './loose-object.ts';
import { notificationOf } from './made-message.ts';
import { isId, type MessageId } from './message.ts';
import { mayBeCancelled, TOOK_TOO_LONG, type TimeLimit } from './time-limit.ts';
import { SESSION } from './upstream.ts';
import type { WireAnswer } from './wire-answer.ts';

/** A conversation that is begun for this session alone. */
export function overConversation(
  begin: (said: (line: Pick<ServerLine, 'id' | 'method'>) => void) => Conversation,
): LegacyConnection {
  const server = begin(({ id, method }) => {
    if (id !== undefined && method !== undefined)
      void server.pass({ kind: 'response', id, value: nobodyThere(id, method) }).catch(() => {});
  });
  return {
    async request(request, signal) {
      const { answer } = server.send(request, undefined, () => {});
      const got = await Promise.race([answer, aborted(signal)]);
      return got && valueOf(got);
    },
    notify: (value) => server.pass({ kind: 'notification', method: '', params: {}, value }),
    opened: () => {},
    close: () => server.close(),
  };
}

/** What a session at a URL needs of the upstream there. */
export interface LegacyEndpoint {
  send(
    agentId: string,
    headers: IncomingHttpHeaders,
    session: string | undefined,
    body: JsonObject,
    more?: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<WireAnswer>;
  leave(agentId: string, headers: IncomingHttpHeaders, session: string): Promise<void>;
  /** How long it has for each request that is not our own. */
  readonly limit: TimeLimit | undefined;
}

/** A server at a URL. Most have a session's id; those without one have no sessions to keep apart. */
export function overHttp(endpoint: LegacyEndpoint, agentId: string): LegacyConnection {
  let headers: IncomingHttpHeaders = {};
  let session: string | undefined;
  const post = async (body: JsonObject, signal?: AbortSignal): Promise<WireAnswer> =>
    await endpoint.send(agentId, headers, session, body, {}, signal);
  const notify = async (message: JsonObject): Promise<void> => {
    await (await post(message)).body.dump();
  };
  return {
    async request({ id: own, method: asked, value }, signal) {
      const late = new AbortController();
      const ended = endpoint.limit?.begin(asked, () => {
        const params = { ...TOOK_TOO_LONG, requestId: own };
        if (mayBeCancelled(asked))
          void notify(notificationOf('notifications/cancelled', params).value).catch(() => {});
        late.abort();
      });
      try {
        const answer = await post(
          value,
          AbortSignal.any([late.signal, ...(signal === undefined ? [] : [signal])]),
        );
        const named = answer.headers[SESSION];
        if (typeof named === 'string') session ??= named;
        return await readReply(answer, ({ id, method }) => {
          if (isId(id) && typeof method === 'string') void notify(nobodyThere(id, method)).catch(() => {});
        });
      } finally {
        ended?.();
      }
    },
    notify,
    opened(version) {
      headers = { 'mcp-protocol-version': version };
    },
    async close() {
      if (session !== undefined) await endpoint.leave(agentId, headers, session);
    },
  };
}

/** The answer of an HTTP answer, plain or as events; `said` hears what comes before it. */
export async function readReply(
  answer: WireAnswer,
  said: (message: JsonObject) => void,
): Promise<JsonObject | undefined> {
  const type = String(answer.headers['content-type'] ?? '');
  if (answer.statusCode >= 400 || !type.startsWith('text/event-stream'))
    return answerOf(answer.statusCode, type, await readAnswer(answer.body));
  for await (const { data } of readEvents(answer.body)) {
    const message = looseObject(data);
    if (message === undefined) continue;
    if (message['method'] === undefined) return message;
    said(message);
  }
  return undefined;
}

/** What is asked of a client that is not there; a ping alone has an answer (MCP 2025-11-25 §"Ping"). */
function nobodyThere(id: MessageId, method: string): JsonObject {
  return method === 'ping'
    ? { jsonrpc: '2.0', id, result: {} }
    : { jsonrpc: '2.0', id, error: { code: -32601, message: 'nobody is there to be asked' } };
}

async function aborted(signal: AbortSignal | undefined): Promise<undefined> {
  await new Promise<void>((late) => signal?.addEventListener('abort', () => late(), { once: true }));
  return undefined;
}
