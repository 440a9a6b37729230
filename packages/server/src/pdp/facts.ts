import type { ActionFacts, Effect, Evaluation, JsonValue, Precondition } from '@countersign/core';
import { EFFECTS, RISKIEST } from '@countersign/core';
import type { Classification } from '@countersign/effects';
import type { CatalogTool, ToolCatalog } from './catalog.ts';

/**
 * What the protocol itself says of the MCP methods that name no tool: COAZ-MCP §"Default Mappings", with those that
 * revision 2026-07-28 added. A `read` here is the server's word for its own method, as it is for `resources/read`.
 */
const METHOD_EFFECTS: ReadonlyMap<string, Effect> = new Map([
  ['initialize', 'read'],
  ['server/discover', 'read'],
  ['ping', 'read'],
  ['tools/list', 'read'],
  ['resources/list', 'read'],
  ['resources/templates/list', 'read'],
  ['resources/read', 'read'],
  ['resources/subscribe', 'read'],
  ['resources/unsubscribe', 'read'],
  ['subscriptions/listen', 'read'],
  ['prompts/list', 'read'],
  ['prompts/get', 'read'],
  ['completion/complete', 'read'],
  ['tasks/list', 'read'],
  ['tasks/get', 'read'],
  ['tasks/result', 'read'],
  ['tasks/cancel', 'update'],
  ['tasks/update', 'update'],
  ['logging/setLevel', 'update'],
]);

const METHOD_RESOURCES: ReadonlySet<string> = new Set(['mcp_server', 'resource', 'prompt', 'task']);

/**
 * What is known of an action. A tool: its catalog entry with what reading its arguments adds, and `RISKIEST` when it has none or its definition is not the
 * reviewed one. A method of the protocol: what the protocol says. Anything else, such as `delete` on a `record` that
 * another PEP guards, is `RISKIEST`: nobody told us what it does, and a person who is asked to consent should read
 * that instead of "no effects". Only tools carry these facts as Cedar attributes, so policies on other resources go
 * by type, action and properties and no `containsAll` is satisfied by an empty set of effects.
 */
export function factsOf({ action, resource, context }: Evaluation, catalog: ToolCatalog): ActionFacts {
  if (resource.type === 'tool') {
    const tool = catalog.get(resource.id);
    if (tool === undefined || !isReviewedDefinition(tool, context)) return RISKIEST;
    return tool.classify === undefined ? tool.facts : read(tool.facts, tool.classify(argumentsIn(context)));
  }
  const effect = METHOD_RESOURCES.has(resource.type) ? METHOD_EFFECTS.get(action.name) : undefined;
  return effect === undefined ? RISKIEST : { effects: [effect], labels: [], outward: false, reviewed: true };
}

/** What is to be read before people are asked. */
export function preconditionOf(
  { resource, context }: Evaluation,
  catalog: ToolCatalog,
): Precondition | undefined {
  return resource.type === 'tool'
    ? catalog.get(resource.id)?.precondition?.(argumentsIn(context))
    : undefined;
}

/** INVARIANT: reading the arguments only adds to what the review says. */
function read(facts: ActionFacts, found: Classification): ActionFacts {
  return {
    ...facts,
    effects: EFFECTS.filter((effect) => facts.effects.includes(effect) || found.effects.includes(effect)),
    outward: facts.outward || found.outward,
    because: found.because,
    touches: found.touches,
  };
}

function argumentsIn(context: Evaluation['context']): JsonValue | undefined {
  return context !== undefined && Object.hasOwn(context, 'arguments') ? context['arguments'] : undefined;
}

/** The digest that the PEP saw must be the reviewed one; a PEP that sends none gets nothing out of the review. */
function isReviewedDefinition(tool: CatalogTool, context: Evaluation['context']): boolean {
  if (tool.definition === undefined) return true;
  return (
    context !== undefined &&
    Object.hasOwn(context, 'tool_digest') &&
    context['tool_digest'] === tool.definition
  );
}
