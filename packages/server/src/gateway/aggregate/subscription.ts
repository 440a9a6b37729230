import type { JsonObject, JsonValue } from '@countersign/core';
import { readBack } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { LOG_LEVEL } from '../eras/wording.ts';
import { agreesToTellOfTools, toolsChanged, type ToolsChanged } from '../lists/tools-changed.ts';
import { withParams } from '../made-message.ts';
import { isObject, metaOf, SUBSCRIPTION } from '../message.ts';
import { isOurTask } from '../pending/task-id.ts';
import type { Reply } from '../reply.ts';
import type { UpstreamDoor } from '../upstream-door.ts';
import { TASK_IDS, URIS, type Naming } from './names.ts';
import { PartReply } from './part-reply.ts';
import { towards, type Incoming } from './parts.ts';
import { messageEdits, NO_REQUESTS } from './said.ts';

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
/** An upstream that has not acknowledged by then is not waited for; what it says later is told. */
const ACKNOWLEDGE_MS = 5000;

/** Listens to every upstream on one stream, until the caller leaves. MCP 2026-07-28 §"Subscriptions". */
export async function subscribe(
  doors: ReadonlyMap<string, UpstreamDoor>,
  changes: ToolsChanged,
  incoming: Incoming,
  request: McpRequest,
  reply: Reply,
): Promise<void> {
  if (!reply.stream()) return reply.empty(406);
  const { id, params } = request;
  const filter = isObject(params['notifications']) ? params['notifications'] : {};
  const agreed: JsonObject[] = [];
  const early: Buffer[] = [];
  let acknowledged = false;
  let tellsOfTools = false;
  const replies: PartReply[] = [];
  const listening = filtersFor(filter, [...doors.keys()]).map(async ([upstream, own]) => {
    const door = doors.get(upstream);
    if (door === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const part = new PartReply((message) => {
      const value = readBack(message.toString()) as JsonObject;
      // One stream ends when its caller leaves or nobody speaks on it any more, whatever one upstream says of its own.
      if (value['method'] === undefined) return;
      if (value['method'] === ACKNOWLEDGED) {
        agreed.push(named(upstream, filterIn(value)));
        tellsOfTools ||= door.filters && agreesToTellOfTools(value) === true;
        resolve();
        return;
      }
      const told = messageEdits(message, upstream, NO_REQUESTS);
      if (acknowledged) reply.event(told);
      else early.push(told);
    }, true);
    replies.push(part);
    const asked = withParams(request, { ...params, notifications: own });
    const http = towards(incoming.http, undefined);
    void door
      .message(incoming.caller, http, asked, part)
      .catch(() => {})
      .then(() => part.leave());
    void part.over.then(resolve);
    await Promise.race([promise, new Promise((later) => setTimeout(later, ACKNOWLEDGE_MS).unref())]);
  });
  reply.raw.once('close', () => replies.forEach((part) => part.leave()));
  await Promise.all(listening);
  const notifications = agreed.reduce(both, {});
  reply.event({
    jsonrpc: '2.0',
    method: ACKNOWLEDGED,
    params: { _meta: { [SUBSCRIPTION]: id }, notifications },
  });
  acknowledged = true;
  if (tellsOfTools) changes.add(reply, () => reply.event(toolsChanged(id)));
  for (const message of early.splice(0)) reply.event(message);
  await Promise.all(replies.map((part) => part.over));
  const result: JsonObject = { resultType: 'complete', _meta: { [SUBSCRIPTION]: id } };
  reply.finish({ jsonrpc: '2.0', id, result });
}

/** What each upstream is asked to tell; tasks of ours are any door's, in a request of their own. */
function filtersFor(filter: JsonObject, upstreams: readonly string[]): [string, JsonObject][] {
  const { resourceSubscriptions, taskIds, ...lists } = filter;
  const ours = texts(taskIds).filter((id) => isOurTask(id));
  const asked = upstreams.map((upstream): [string, JsonObject] => {
    const uris = ownOf(URIS, upstream, resourceSubscriptions);
    const tasks = ownOf(TASK_IDS, upstream, taskIds);
    return [
      upstream,
      {
        ...lists,
        ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
        ...(tasks.length === 0 ? {} : { taskIds: tasks }),
      },
    ];
  });
  const [first] = upstreams;
  return [
    ...asked.filter(([, own]) => Object.keys(own).length > 0),
    ...(ours.length > 0 && first !== undefined ? [[first, { taskIds: ours }] as [string, JsonObject]] : []),
  ];
}

function ownOf(naming: Naming, upstream: string, list: JsonValue | undefined): string[] {
  return texts(list).flatMap((text) => {
    const found = naming.read(text);
    return found?.upstream === upstream ? [found.name] : [];
  });
}

function filterIn({ params }: JsonObject): JsonObject {
  const told = isObject(params) ? params['notifications'] : undefined;
  return isObject(told) ? told : {};
}

/** What an upstream agreed to, in names of ours. */
function named(upstream: string, agreed: JsonObject): JsonObject {
  const { resourceSubscriptions, taskIds, ...lists } = agreed;
  const prefix = (naming: Naming, list: JsonValue | undefined): string[] =>
    texts(list).map((text) => (isOurTask(text) ? text : naming.prefix(upstream) + text));
  return {
    ...lists,
    ...(resourceSubscriptions === undefined
      ? {}
      : { resourceSubscriptions: prefix(URIS, resourceSubscriptions) }),
    ...(taskIds === undefined ? {} : { taskIds: prefix(TASK_IDS, taskIds) }),
  };
}

function both(a: JsonObject, b: JsonObject): JsonObject {
  const lists = Object.entries(b).map(([name, value]) => [
    name,
    Array.isArray(value) && Array.isArray(a[name])
      ? [...(a[name] as JsonValue[]), ...(value as JsonValue[])]
      : value,
  ]);
  return { ...a, ...(Object.fromEntries(lists) as JsonObject) };
}

function texts(list: JsonValue | undefined): string[] {
  return Array.isArray(list) ? (list as readonly unknown[]).filter((each) => typeof each === 'string') : [];
}

/** Whether a request may be told of something in the log: it asked for that level or a lower one. */
export function hearsWarnings({ era, params }: McpRequest): boolean {
  const level = metaOf(params)[LOG_LEVEL];
  return era === 'legacy' || ['debug', 'info', 'notice', 'warning'].some((each) => each === level);
}
