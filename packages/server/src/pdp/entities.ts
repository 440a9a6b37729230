import type { ActionFacts, Evaluation, JsonObject } from '@countersign/core';
import { UNBOUND_CONTEXT } from '@countersign/core';
import type { CedarEntity, CedarQuestion, CedarScope, CedarUid, CedarValue } from './cedar.ts';
import { entityType } from './cedar-name.ts';
import { cedarRecord, cedarValue, emptyRecord } from './cedar-value.ts';
import type { ContextMember } from './context-members.ts';
import type { PolicyQuestion } from './port.ts';

// What the authority keeps and no caller overlays: on every entity, its word for how risky something is; on agents,
// who they are. Only on agents, since a `record` may well have a `status` of its own (AuthZEN certification, rule 5).
const KEPT: ReadonlySet<string> = new Set(['effects', 'labels', 'outward', 'reviewed']);
const KEPT_OF_AGENTS: ReadonlySet<string> = new Set(['name', 'owner', 'status', 'groups', 'boundary']);
const AGENT_TYPES: ReadonlySet<string> = new Set(['agent', 'identity']);

/** Types of which `<upstream>/<name>` is in `mcp_server::"<upstream>"`. */
const UPSTREAM_TYPES: ReadonlySet<string> = new Set(['tool', 'resource', 'prompt', 'task']);

/** Who would do what to what, in Cedar's names. */
export function cedarScope({ subject, action, resource }: Evaluation): CedarScope {
  return {
    principal: uid(subject.type, subject.id),
    action: { type: 'Action', id: action.name },
    resource: uid(resource.type, resource.id),
  };
}

/** A question in Cedar's words; `members` are the parts of the context that the policies look at. Design §3. */
export function cedarQuestion(
  { evaluation, overlay, agent, session }: PolicyQuestion,
  facts: ActionFacts,
  members: ReadonlySet<ContextMember>,
): CedarQuestion {
  const { subject, action, resource } = evaluation;
  const entities = new Map<string, CedarEntity>();
  const scope = cedarScope(evaluation);
  const principal = addEntity(entities, scope.principal);
  const object = addEntity(entities, scope.resource);
  const actor = addEntity(entities, uid('agent', agent.id));
  if (overlay) {
    overlayOn(principal, subject.type, withoutAct(subject.properties));
    overlayOn(object, resource.type, resource.properties ?? {});
  }
  // INVARIANT: what is stored is written last, so that nothing above survives under its names.
  storeOn(actor, { name: agent.name, owner: agent.owner, status: agent.status, groups: [...agent.groups] });
  if (resource.type === 'tool') storeOn(object, storedFacts(facts));
  object.parents = parentsOf(resource);
  const context: Record<string, CedarValue> = {};
  if (members.has('agent')) context['agent'] = { __entity: uid('agent', agent.id) };
  if (members.has('action')) context['action'] = cedarRecord(action.properties ?? {});
  if (members.has('request')) context['request'] = boundContext(evaluation);
  if (members.has('session')) context['session'] = { labels: [...session.labels] };
  return { ...scope, context, entities: [...entities.values()] };
}

function uid(type: string, id: string): CedarUid {
  return { type: entityType(type), id };
}

/** Cedar refuses a uid that is listed twice, and the agent may well be subject, resource or both. */
function addEntity(entities: Map<string, CedarEntity>, name: CedarUid): CedarEntity {
  const key = `${name.type} ${name.id}`;
  const entity = entities.get(key) ?? { uid: name, attrs: emptyRecord(), parents: [] };
  entities.set(key, entity);
  return entity;
}

function overlayOn(entity: CedarEntity, type: string, properties: JsonObject): void {
  for (const [name, value] of Object.entries(properties)) {
    if (KEPT.has(name) || (AGENT_TYPES.has(type) && KEPT_OF_AGENTS.has(name))) continue;
    const attribute = cedarValue(value);
    if (attribute !== undefined) entity.attrs[name] = attribute;
  }
}

/** ARAP leaves the actor chain out of what is bound, so that no policy may read it: a caller could change it. */
function withoutAct({ act: _act, ...properties }: JsonObject = {}): JsonObject {
  return properties;
}

function storeOn(entity: CedarEntity, attributes: Record<string, CedarValue>): void {
  Object.assign(entity.attrs, attributes);
}

function storedFacts({ effects, labels, outward, reviewed }: ActionFacts): Record<string, CedarValue> {
  return { effects: [...effects], labels: [...labels], outward, reviewed };
}

function parentsOf({ type, id }: Evaluation['resource']): CedarUid[] {
  const [, upstream] = /^([a-z0-9-]+)\//.exec(UPSTREAM_TYPES.has(type) ? id : '') ?? [];
  return upstream === undefined ? [] : [uid('mcp_server', upstream)];
}

/** INVARIANT: a policy reads no member that an approval does not bind; otherwise it could be changed after consent. */
function boundContext({ context }: Evaluation): Record<string, CedarValue> {
  const record = cedarRecord(context ?? {});
  for (const name of UNBOUND_CONTEXT) delete record[name];
  return record;
}
