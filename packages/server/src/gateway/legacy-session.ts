import type { JsonObject } from '@countersign/core';
import type { McpRequest } from './conversation.ts';
import { LATEST_LEGACY } from './eras/introductions.ts';
import { notificationOf, requestOf } from './made-message.ts';
import { isObject, LEGACY } from './message.ts';
import { ToolDefinitions } from './tool-definitions.ts';
import { UpstreamAway } from './upstream-away.ts';
import type { DetachedLink } from './upstream.ts';

const CLIENT_INFO = { name: 'countersign', version: '0.1.0' };
const ASK_TIMEOUT_MS = 30_000;

/** A way to one server of the older era that is ours alone, over either transport. */
export interface LegacyConnection {
  /** Sends one request; its answer, undefined where the server ends without one. Rejects when it cannot be sent. */
  request(request: McpRequest, signal?: AbortSignal): Promise<JsonObject | undefined>;
  notify(message: JsonObject): Promise<void>;
  /** From here on the session is this one's: its version goes with every message. */
  opened(version: string): void;
  close(): Promise<void>;
}

/**
 * A session of MCP 2025-11-25 that we open ourselves, for a call that runs on without its caller. Nobody is there to be
 * asked for anything, so no capability is declared. Rejects where the server does not open one.
 */
export async function openLegacySession(connection: LegacyConnection): Promise<DetachedLink> {
  let count = 0;
  const ask = async (method: string, params: JsonObject, timeoutMs?: number): Promise<JsonObject> => {
    const request = requestOf(++count, method, params, 'legacy');
    const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const { result, error } = (await connection.request(request, signal)) ?? {};
    if (isObject(result)) return result;
    const code = isObject(error) && typeof error['code'] === 'number' ? `: error ${error['code']}` : '';
    const cause = new Error(`the mcp server does not answer ${method}${code}`);
    throw new UpstreamAway(`it does not answer ${method}`, undefined, { cause });
  };
  try {
    const params = { protocolVersion: LATEST_LEGACY, capabilities: {}, clientInfo: CLIENT_INFO };
    const { protocolVersion } = await ask('initialize', params, ASK_TIMEOUT_MS);
    if (typeof protocolVersion !== 'string' || !LEGACY.has(protocolVersion))
      throw new Error('the mcp server speaks no version of the older era');
    connection.opened(protocolVersion);
    await connection.notify(notificationOf('notifications/initialized').value);
  } catch (error) {
    await connection.close().catch(() => {});
    throw error;
  }
  return {
    tools: new ToolDefinitions(),
    listTools: (_request, cursor) =>
      ask('tools/list', cursor === undefined ? {} : { cursor }, ASK_TIMEOUT_MS),
    read: (_request, tool, args) => ask('tools/call', { name: tool, arguments: args }, ASK_TIMEOUT_MS),
    async exchange(request, claim) {
      const id = ++count;
      const sent = { ...request, id, value: { ...request.value, id } };
      const send = async (one: McpRequest): Promise<JsonObject | undefined> =>
        await connection.request(one).catch((error: unknown) => {
          if (error instanceof UpstreamAway) throw error;
          return undefined;
        });
      const message = await throughTask(await send(sent), ++count, send);
      await claim?.answered(message);
      return message;
    },
    close: () => connection.close().catch(() => {}),
  };
}

/**
 * What came of a call: where its server made it a task of its own, as its caller asked, what came of that. MCP 2025-11-25
 * §"Result Retrieval".
 */
export async function throughTask(
  message: JsonObject | undefined,
  id: number,
  send: (request: McpRequest) => Promise<JsonObject | undefined>,
): Promise<JsonObject | undefined> {
  const taskId = taskIn(message);
  if (taskId === undefined) return message;
  // The server has the call: what came of it is not known where it cannot be asked.
  return await send(requestOf(id, 'tasks/result', { taskId }, 'legacy')).catch(() => undefined);
}

function taskIn(message: JsonObject | undefined): string | undefined {
  const result = message?.['result'];
  const task = isObject(result) ? result['task'] : undefined;
  const id = isObject(task) ? task['taskId'] : undefined;
  return typeof id === 'string' ? id : undefined;
}
