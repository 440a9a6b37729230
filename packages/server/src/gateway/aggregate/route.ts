import type { JsonObject } from '@countersign/core';
import { errorMessage, notRunMessage } from '../answers.ts';
import type { McpRequest } from '../conversation.ts';
import { withParams } from '../made-message.ts';
import { isObject } from '../message.ts';
import { isOurTask } from '../pending/task-id.ts';
import { NAMES, TASK_IDS, URIS, type Named, type Naming } from './names.ts';

/** Where a request goes: to one upstream, in that upstream's own words; to whichever, for it is about a task of ours; or nowhere. */
export type Route =
  | { readonly kind: 'one'; readonly upstream: string; readonly request: McpRequest }
  | { readonly kind: 'ours' }
  | { readonly kind: 'nowhere'; readonly answer: JsonObject };

const NAMED: ReadonlyMap<string, readonly [member: string, naming: Naming]> = new Map([
  ['tools/call', ['name', NAMES]],
  ['prompts/get', ['name', NAMES]],
  ['resources/read', ['uri', URIS]],
  ['resources/subscribe', ['uri', URIS]],
  ['resources/unsubscribe', ['uri', URIS]],
  ['tasks/get', ['taskId', TASK_IDS]],
  ['tasks/result', ['taskId', TASK_IDS]],
  ['tasks/cancel', ['taskId', TASK_IDS]],
  ['tasks/update', ['taskId', TASK_IDS]],
] as const);

/**
 * Routes a request by the name that it has. INVARIANT: the prefix goes no further: what is decided, shown, bound and
 * logged is the request as it would be at the upstream's own address.
 */
export function routeOf(request: McpRequest, knows: (upstream: string) => boolean): Route {
  const { method, params } = request;
  if (method === 'completion/complete') return completed(request, knows);
  const [member = '', naming] = NAMED.get(method) ?? [];
  const value = params[member];
  if (member === 'taskId' && isOurTask(value)) return { kind: 'ours' };
  const named = naming?.read(value);
  if (named === undefined || !knows(named.upstream)) return nowhere(request, naming);
  return one(named, withParams(request, { ...params, [member]: named.name }));
}

function completed(request: McpRequest, knows: (upstream: string) => boolean): Route {
  const ref = request.params['ref'];
  if (!isObject(ref)) return nowhere(request, undefined);
  const [member, naming] = ref['type'] === 'ref/prompt' ? ['name', NAMES] : (['uri', URIS] as const);
  const named = naming.read(ref[member]);
  if (named === undefined || !knows(named.upstream)) return nowhere(request, naming);
  const own: JsonObject = { ...ref, [member]: named.name };
  return one(named, withParams(request, { ...request.params, ref: own }));
}

function one({ upstream }: Named, request: McpRequest): Route {
  return { kind: 'one', upstream, request };
}

function nowhere({ id, method, era }: McpRequest, naming: Naming | undefined): Route {
  if (method === 'tools/call')
    return { kind: 'nowhere', answer: notRunMessage(id, method, era, { kind: 'unlisted' }) };
  const shape = naming === undefined ? '' : `: names here begin with ${naming.prefix('<upstream>')}`;
  const answer = errorMessage(id, -32602, `no upstream has it${shape}`, { code: 'unknown_upstream' });
  return { kind: 'nowhere', answer };
}
