import type { ActionFacts, Evaluation, JsonObject } from '@countersign/core';
import { UNBOUND_CONTEXT } from '@countersign/core';
import type { CedarEntity, CedarQuestion, CedarScope, CedarUid, CedarValue } from './cedar.ts';
import { entityType } from './cedar-name.ts';
import { cedarRecord, cedarValue, emptyRecord } from './cedar-value.ts';
import type { LookedAt } from './looked-at.ts';
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

/** A question in Cedar's words, as far as the policies look at it. Design §3. */
export function cedarQuestion(
  { evaluation, overlay, agent, session }: PolicyQuestion,
  facts: ActionFacts,
  { context: members, attributes }: LookedAt,
): CedarQuestion {
  const { subject, action, resource } = evaluation;
  const scope = cedarScope(evaluation);
  const entities = new Entities(attributes);
  if (overlay) {
    entities.overlay(scope.principal, subject.type, withoutAct(subject.properties));
    entities.overlay(scope.resource, resource.type, resource.properties ?? {});
  }
  // INVARIANT: what is stored is written last, so that nothing above survives under its names.
  const { name, owner, status, groups } = agent;
  entities.store(uid('agent', agent.id), { name, owner, status, groups: [...groups] });
  if (resource.type === 'tool') entities.store(scope.resource, storedFacts(facts));
  entities.place(scope.resource, parentsOf(resource));
  const context: Record<string, CedarValue> = {};
  if (members.has('agent')) context['agent'] = { __entity: uid('agent', agent.id) };
  if (members.has('action')) context['action'] = cedarRecord(action.properties ?? {});
  if (members.has('request')) context['request'] = boundContext(evaluation);
  if (members.has('session')) context['session'] = { labels: [...session.labels] };
  return { ...scope, context, entities: entities.list() };
}

/**
 * The entities of one question. Cedar refuses a uid that is listed twice, and the agent may well be the subject, the
 * resource or both; one that has nothing to tell is not listed, which Cedar takes as one without attributes.
 */
class Entities {
  readonly #byUid = new Map<string, CedarEntity>();
  readonly #lookedAt: ReadonlySet<string>;

  constructor(lookedAt: ReadonlySet<string>) {
    this.#lookedAt = lookedAt;
  }

  overlay(name: CedarUid, type: string, properties: JsonObject): void {
    for (const [key, value] of Object.entries(properties)) {
      if (KEPT.has(key) || (AGENT_TYPES.has(type) && KEPT_OF_AGENTS.has(key))) continue;
      const attribute = this.#lookedAt.has(key) ? cedarValue(value) : undefined;
      if (attribute !== undefined) this.#entity(name).attrs[key] = attribute;
    }
  }

  store(name: CedarUid, attributes: Readonly<Record<string, CedarValue>>): void {
    for (const [key, value] of Object.entries(attributes)) {
      if (this.#lookedAt.has(key)) this.#entity(name).attrs[key] = value;
    }
  }

  place(name: CedarUid, parents: readonly CedarUid[]): void {
    if (parents.length > 0) this.#entity(name).parents.push(...parents);
  }

  list(): CedarEntity[] {
    return [...this.#byUid.values()];
  }

  #entity(name: CedarUid): CedarEntity {
    // Unambiguous: a type has no space in it.
    const key = `${name.type} ${name.id}`;
    const entity = this.#byUid.get(key) ?? { uid: name, attrs: emptyRecord(), parents: [] };
    this.#byUid.set(key, entity);
    return entity;
  }
}

function uid(type: string, id: string): CedarUid {
  return { type: entityType(type), id };
}

/** ARAP leaves the actor chain out of what is bound, so that no policy may read it: a caller could change it. */
function withoutAct({ act: _act, ...properties }: JsonObject = {}): JsonObject {
  return properties;
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
