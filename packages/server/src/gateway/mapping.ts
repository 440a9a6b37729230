import type { Evaluation, JsonObject, JsonValue, Resource } from '@countersign/core';
import type { DeclaredMapping } from './coaz/declared-mapping.ts';
import { isObject, type Era } from './message.ts';
import { claimsOf, subjectOf, type CallerNames } from './token-claims.ts';
import type { ToolDefinition } from './tool-definitions.ts';

/** What the gateway asks about: one request of one agent to one upstream. */
export interface Call extends CallerNames {
  readonly upstream: string;
  readonly method: string;
  readonly params: JsonObject;
}

type Target = (upstream: string, params: JsonObject) => Resource | undefined;

const server: Target = (upstream) => ({ type: 'mcp_server', id: upstream });
const named =
  (type: string, member: string): Target =>
  (upstream, params) => {
    const id = params[member];
    return typeof id === 'string' && id !== '' ? { type, id: `${upstream}/${id}` } : undefined;
  };
const completed: Target = (upstream, params) => {
  const ref = params['ref'];
  if (!isObject(ref)) return undefined;
  return ref['type'] === 'ref/prompt'
    ? named('prompt', 'name')(upstream, ref)
    : named('resource', 'uri')(upstream, ref);
};

/** COAZ-MCP §"Default Mappings", with the methods that 2026-07-28 added. INVARIANT: a method not here is refused. */
const TARGETS: ReadonlyMap<string, Target> = new Map([
  ['initialize', server],
  ['server/discover', server],
  ['tools/list', server],
  ['tools/call', named('tool', 'name')],
  ['resources/list', server],
  ['resources/templates/list', server],
  ['resources/read', named('resource', 'uri')],
  ['resources/subscribe', named('resource', 'uri')],
  ['resources/unsubscribe', named('resource', 'uri')],
  ['prompts/list', server],
  ['prompts/get', named('prompt', 'name')],
  ['completion/complete', completed],
  ['logging/setLevel', server],
  ['subscriptions/listen', server],
  ['tasks/list', server],
  ['tasks/get', named('task', 'taskId')],
  ['tasks/result', named('task', 'taskId')],
  ['tasks/cancel', named('task', 'taskId')],
  ['tasks/update', named('task', 'taskId')],
]);

/** Whether the method passes without being asked about: COAZ-MCP passes `ping` and notifications alone. */
export function isPassThrough(method: string): boolean {
  return method === 'ping';
}

/** Methods that the stateless era no longer has: a server of that era knows none of them. */
const ENDED: ReadonlySet<string> = new Set([
  'initialize',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/list',
  'tasks/result',
]);

export function isKnownMethod(method: string, era: Era): boolean {
  return TARGETS.has(method) && !(era === 'modern' && ENDED.has(method));
}

/**
 * The AuthZEN question of a call, or undefined when its params do not name what the method needs. What the tool's
 * definition declares stands in `context.declared`, so that it is asked, shown and bound with the call. Throws
 * `MappingError`.
 */
export function questionOf(call: Call, tool: ToolDefinition | undefined): Evaluation | undefined {
  const { agentId, upstream, method, params } = call;
  const resource = TARGETS.get(method)?.(upstream, params);
  if (resource === undefined) return undefined;
  const { inputResponses } = params;
  const context: Record<string, JsonValue> = {
    agent: agentId,
    upstream,
    method,
    ...chosen(method, params),
    // A gateway has nobody to notify and nobody to authenticate.
    supported_obligations: [],
  };
  const extra = EXTRA_CONTEXT.get(method);
  if (extra !== undefined && params[extra.param] !== undefined)
    context[extra.member] = params[extra.param] ?? null;
  if (tool !== undefined) context['tool_digest'] = tool.digest;
  if (tool?.mapping !== undefined) context['declared'] = declaredBy(tool.mapping, call);
  if (inputResponses !== undefined) context['input_responses'] = inputResponses;
  return { subject: subjectOf(call), action: { name: method }, resource, context };
}

/** COAZ-MCP §"Lifecycle" and §"Logging". */
const EXTRA_CONTEXT: ReadonlyMap<string, { readonly member: string; readonly param: string }> = new Map([
  ['initialize', { member: 'protocol_version', param: 'protocolVersion' }],
  ['logging/setLevel', { member: 'level', param: 'level' }],
]);

function declaredBy(mapping: DeclaredMapping, call: Call): JsonValue {
  return mapping.resolve({ params: call.params, token: claimsOf(call) }) as unknown as JsonValue;
}

/** Everything that the caller chose and the upstream will see, beside what is bound by a name of its own. */
function chosen(method: string, params: JsonObject): { arguments: JsonValue; params?: JsonObject } {
  const { _meta, inputResponses: _, ...all } = params;
  if (method !== 'tools/call') return { arguments: all };
  // INVARIANT: `arguments` are the tool's own and nothing else; what is read for its effects must be what it gets.
  const { name: _name, arguments: given, ...rest } = all;
  // A tool call's other members (task, requestState ...) reach the upstream too, so they bind as well.
  return { arguments: given ?? {}, ...(Object.keys(rest).length === 0 ? {} : { params: rest }) };
}
